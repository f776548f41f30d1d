"""Assertions of the scenes are explained like those of tests."""

import pytest

pytest.register_assert_rewrite("tests.attacks.scene")
