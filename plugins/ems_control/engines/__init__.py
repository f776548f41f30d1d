"""Adapters to site generators. Each is thin: a hook calls one function of `ems_control.site`."""
