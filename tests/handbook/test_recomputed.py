"""Everything in the handbook that follows from something else in it, computed again: scores, sums, balances, pairs.

Read from the files of this repository, like test_facts.py; each computation is shown to find a planted fault.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from decimal import Decimal
from functools import cache

import pytest
import yaml
from tests.handbook.reading import ROOT, Text, document, documents, everything, plain, register, rows
from tests.handbook.test_facts import number, values

Row = Mapping[str, str]
WORKING_DAYS = 250
PERMIT_YEARS = 10
ACTS_WITHIN_A_DAY = (
    "plant-manager",
    "environmental-manager",
    "production-manager",
    "effluent-plant-lead",
    "emergency-coordinator",
)
"""Who must telephone, stop or decide within one hour or one day: EMS-PRO-004, EMS-PLN-001, EMS-PRO-005."""
JOBS = {
    "shift lead",
    "effluent operator",
    "line operator",
    "powder operator",
    "store keeper",
    "yard attendant",
    "guard",
    "person on call",
    "maintenance on shift",
    "contractor's worker",
}
KEPT = {
    "management meeting": "R-27",
    "shift log": "R-28",
    "permit to work": "R-29",
    "investment form": "R-30",
    "five questions": "R-31",
    "sheet of the walk": "R-32",
    "panel sheet": "R-33",
    "judged once a year": "R-34",
    "blind sample": "R-03",
    "noise": "R-03",
    "rota": "R-36",
    "chain sheet": "R-37",
    "load log": "R-26",
    "shift book": "R-16",
    "line log": "R-15",
    "toolbox talk": "R-01",
    "drill report": "R-09",
    "effluent log": "R-14",
    "transfer note": "R-10",
    "calibration": "R-04",
    "refrigerant": "R-25",
    "complaint": "R-02",
    "meter reading": "R-24",
    "induction": "R-13",
    "tanker": "R-17",
}
"""Records that texts speak of, by the words they use, and the row that says where each is kept."""


def text_of(name: str) -> Text:
    return next(text for text in documents() if text.name == name)


# Aspects and risks


def misscored(table: Iterable[Row]) -> list[str]:
    """Rows whose score or significance does not follow from their figures by EMS-PRO-002."""
    found = []
    for row in table:
        score = int(row["severity"]) * int(row["scale"]) * int(row["frequency"])
        said = "no"
        if score >= 12:
            said = "yes"
        elif row["legal_limit"] == "yes":
            said = "yes (override: legal)"
        elif row["complaint"] == "yes":
            said = "yes (override: complaint)"
        if (str(score), said) != (row["score"], row["significant"]):
            found.append(row["id"])
    return found


def test_every_aspect_has_the_score_of_its_figures_and_a_significant_one_an_answer() -> None:
    assert misscored(rows("aspects")) == []
    assert misscored([{**rows("aspects")[0], "scale": "1"}]) == ["A-01"]
    significant = [row for row in rows("aspects") if row["significant"] != "no"]
    assert [row["id"] for row in significant if not row["answer"]] == []
    assert [row["id"] for row in significant if row["answer"] == "accepted" and not row["because"]] == []
    objectives = {row["id"] for row in rows("programme")}
    assert {row["answer"] for row in significant} <= objectives | {"control", "monitoring", "accepted"}


def test_one_impact_has_one_severity() -> None:
    found = defaultdict(set)
    for row in rows("aspects"):
        found["climate change" if "climate change" in row["impact"] else row["impact"]].add(row["severity"])
    assert {impact: severities for impact, severities in found.items() if len(severities) > 1} == {}
    assert found["climate change"] == {"3"}


def test_the_register_of_aspects_names_each_significant_row_with_its_points() -> None:
    said = dict(re.findall(r"\b(A-\d\d) [^|()]*?\((\d+)\)", text_of("EMS-REG-001").body))
    significant = {row["id"]: row["score"] for row in rows("aspects") if row["significant"] != "no"}
    assert said == significant
    assert f"{len(rows('aspects'))} rows, {len(significant)} significant" in text_of("EMS-REG-001").body
    words = {"objective": "Eight", "control": "nine", "monitoring": "four", "accepted": "two"}
    answers = [row["answer"] for row in rows("aspects") if row["significant"] != "no"]
    counted = Counter(answer if answer in words else "objective" for answer in answers)
    assert counted == {"objective": 8, "control": 9, "monitoring": 4, "accepted": 2}
    assert all(f"{word} " in text_of("EMS-REG-001").body for word in words.values())


def pairs(table: Iterable[Row], column: str) -> set[tuple[str, str]]:
    return {(row["id"], other) for row in table for other in row[column].split(", ") if other not in ("", "all")}


def test_aspects_and_obligations_name_each_other_and_each_obligation_has_an_answer() -> None:
    obligations = pairs(rows("obligations"), "aspects")
    assert {(aspect, duty) for duty, aspect in obligations} == pairs(rows("aspects"), "obligations")
    assert [row["id"] for row in rows("obligations") if not row["aspects"] or not row["answer"]] == []
    known = {row["id"] for row in rows("programme")} | {"control", "monitoring"}
    assert {answer for row in rows("obligations") for answer in row["answer"].split(", ")} <= known


def test_every_risk_has_the_score_of_its_figures_and_from_six_points_an_action_with_owner_and_day() -> None:
    table = rows("risks-opportunities")
    assert [r["id"] for r in table if int(r["likelihood"]) * int(r["effect"]) != int(r["score"])] == []
    high = [row for row in table if int(row["score"]) >= 6]
    assert [row["id"] for row in high if not (row["action"] and row["owner"] and row["due"])] == []
    risks = sum(row["kind"] == "risk" for row in table)
    said = f"{len(table)} rows: {risks} risks and {len(table) - risks} opportunities"
    assert said in text_of("EMS-REG-003").body


# Sums and balances


def numbers(line: str) -> list[Decimal]:
    return [number(found) for found in re.findall(r"\d+(?:,\d{3})*(?:\.\d+)?", line)]


def cells(text: Text, first: str) -> list[list[str]]:
    """The rows of the Markdown table whose head begins with `first`."""
    lines = [plain(line) for line in text.source.split("\n")]
    start = next(n for n, line in enumerate(lines) if line.startswith(f"| {first} |".replace("  ", " ")))
    found = []
    for line in lines[start + 2 :]:
        if not line.startswith("|"):
            break
        found.append([cell.strip() for cell in line.strip("|").split("|")])
    return found


def test_the_sums_of_storage_classes_are_those_of_the_inventory() -> None:
    amounts: Counter[str] = Counter()
    counted: Counter[str] = Counter()
    for row in rows("chemicals"):
        amounts[row["storage_class"]] += int(row["largest_amount_kg"])
        counted[row["storage_class"]] += 1
    said = {row[0]: (int(row[1]), int(number(row[2]))) for row in cells(text_of("EMS-REG-008"), "Storage class")}
    assert said.pop("all") == (counted.total(), amounts.total())
    assert said == {name: (counted[name], amounts[name]) for name in counted}


def test_the_waste_routes_of_chemicals_are_streams_and_five_of_them_never_meet_another() -> None:
    streams = {row["id"]: row for row in rows("waste-streams")}
    routes = {row["id"]: row["waste_route"] for row in rows("chemicals")}
    assert {route for route in routes.values() if route not in streams} == set()
    assert routes["C-16"] != routes["C-01"]
    alone = [routes[name] for name in ("C-16", "C-21", "C-22")]
    assert all(list(routes.values()).count(route) == 1 for route in alone)
    places = {row["container"].rsplit(", ", 1)[-1] for row in rows("waste-streams") if row["id"] in alone}
    assert not {place for place in places if re.fullmatch(r"bay [1-6]", place)}


def balance(words: str) -> tuple[Decimal, Decimal]:
    """Water in and out of a water balance, as its picture is described."""
    into = re.search(r"(\d+) (?:m3 of )?town water in", words)
    out = re.findall(r"(\d+) (?:through|from the washrooms|evaporated|of concentrate)|leaves (\d+) of", words)
    assert into
    return Decimal(into[1]), sum((Decimal(a or b) for a, b in out), Decimal(0))


def test_what_comes_in_goes_out_in_both_water_balances() -> None:
    found = [
        balance(line)
        for text in everything()
        if text.name == "EMS-PRO-017"
        for _, line in text.lines
        if "cubic metres per working day" in line
    ]
    assert found == [(Decimal(54), Decimal(54)), (Decimal(88), Decimal(88))]
    assert balance("88 town water in; 71 through V-3, 6 from the washrooms, 10 evaporated") == (88, 87)
    facts = {name: number(values()[name]) for name in ("evaporator in", "distillate", "concentrate")}
    assert facts["evaporator in"] == facts["distillate"] + facts["concentrate"]
    rinses = re.search(
        r"(\d+) m³ a day of distillate from VE-1 and (\d+) m³ of town water", text_of("EMS-PRO-017").body
    )
    assert rinses
    assert int(rinses[1]) + int(rinses[2]) == round(8 * 8 * 16 * 60 / 1000)  # eight cascades at 8 l/min, 16 hours


def test_fire_water_is_the_sum_of_its_parts_and_fits_into_the_basin() -> None:
    table = {row[0]: numbers(row[1])[0] for row in cells(text_of("EMS-PLN-001"), "")}
    parts = [value for name, value in table.items() if name[0].isupper() and value not in (267, 280, 3, 10)]
    assert sum(parts) == table["To be kept"] == number(values()["fire-water sum m3"])
    assert table["Basin"] == number(values()["basin m3"])
    assert table["Basin"] - table["To be kept"] - table["Water that may stand in it, 0.10 m"] == table["Spare"]
    assert parts[:2] == [Decimal(1600 * 120) / 1000, Decimal(10 * 6000) / 1000]


def test_the_major_accident_sum_counts_the_waste_that_may_stand_here() -> None:
    tonnes = {row["id"]: (number(row["tonnes_2025"]), int(row["max_days"])) for row in rows("waste-streams")}
    cake, concentrates = (round(t * days / 365) for t, days in (tonnes["W-01"], tonnes["W-03"]))
    line = next(line for _, line in text_of("EMS-REG-008").lines if line.startswith("| major accidents, hazardous"))
    assert f"{cake} t of filter cake" in line
    assert f"{concentrates} t of concentrates" in line
    total = Decimal("5.3") + 46 + cake + concentrates
    assert f"= {total} t | {round(total)} %" in line


def test_the_energy_of_the_year_is_the_terajoules_of_its_obligation() -> None:
    duty = next(row["applies_because"] for row in rows("obligations") if row["id"] == "O-29")
    used = number(values()["total energy use 2025"])
    assert f"{round(used * Decimal('0.0036'))} TJ" in duty


def test_the_concentrate_of_the_evaporator_is_two_cubic_metres_a_day() -> None:
    row = next(row for row in rows("aspects") if row["id"] == "A-43")
    low, high = numbers(row["aspect"])[:2]
    assert low == 2 * 220
    assert high == 2 * WORKING_DAYS
    assert low / number(values()["hazardous waste 2025"]) > Decimal("2.5")


# Objectives against limits


def concentration(kilograms: Decimal, flow: Decimal) -> Decimal:
    """mg/l of so many kilograms in the water of a year."""
    return kilograms * 1000 / (flow * WORKING_DAYS)


def test_the_objectives_of_2030_stay_below_the_alarm_values_of_2030() -> None:
    objectives = {row["id"]: number(row["target"]) for row in rows("programme")}
    flow = objectives["OB-6"]
    assert flow < number(values()["flow alarm 2030"])
    for name, metal in (("OB-7", "zinc"), ("OB-8", "nickel")):
        found = concentration(objectives[name], flow)
        assert found < number(values()[f"{metal} alarm 2030"])
        assert round(found, 2) == number(values()[f"{metal} of 2030"])
    old = concentration(Decimal("7.5"), flow)
    assert number(values()["zinc alarm 2030"]) < old < number(values()["zinc action 2030"])


def test_the_table_of_objectives_says_what_the_programme_holds() -> None:
    said = {row[0]: row for row in cells(text_of("EMS-REG-004"), "")}
    for row in rows("programme"):
        shown = said[row["id"]]
        assert numbers(shown[2]) == [number(row["baseline"]), number(row["baseline_year"])]
        assert numbers(shown[3]) == [number(row["target"]), number(row["target_year"])]
        assert shown[5].strip("*").replace(" ", "-") == row["state"]


# Records


def years(row: Row) -> int:
    """How many years a record is kept at least; for ever and the life of the plant are more than any number."""
    found = re.search(r"(\d+) years", row["keep_for"])
    return int(found[1]) if found else 1000


def test_measured_results_are_kept_as_long_as_the_permit_asks() -> None:
    kept = {row["id"]: row for row in rows("records")}
    duty = next(row["duty"] for row in rows("obligations") if row["id"] == "O-17")
    assert f"results of measurements are kept {PERMIT_YEARS} years" in duty
    measured = {row["kept_as"] for name in ("limits", "limits-2030") for row in rows(name)}
    measured |= {name for row in cells(text_of("EMS-PLN-002"), "What") for name in re.findall(r"R-\d\d", row[-1])}
    assert len(measured) > 4
    assert {name for name in measured if years(kept[name]) < PERMIT_YEARS} == set()
    assert years({"keep_for": "5 years"}) < PERMIT_YEARS


def test_each_place_that_says_how_long_a_record_is_kept_says_what_the_table_says() -> None:
    kept = {row["id"]: row["keep_for"] for row in rows("records")}
    named = (("EMS-WI-001", "R-15"), ("EMS-WI-003", "R-14"), ("EMS-WI-006", "R-16"), ("EMS-WI-008", "R-16"))
    for name, record in (*named, ("EMS-WI-007", "R-26"), ("EMS-WI-013", "R-28"), ("EMS-FRM-008", "R-01")):
        assert kept[record] in text_of(name).body.partition("## Filled copies")[2], name


def undefined(texts: Iterable[Text]) -> set[str]:
    """Records that a text names by their row, and that have none."""
    known = {row["id"] for row in rows("records")}
    return {name for text in texts for name in re.findall(r"\bR-\d\d\b", text.body) if name not in known}


def test_every_record_that_a_text_names_has_a_row() -> None:
    assert undefined(text for text in everything() if text.name != "records") == set()
    assert undefined([document("docs/planted.md", "Kept as R-77.")]) == {"R-77"}
    spoken = " ".join(text.body.lower() for text in everything() if text.name != "records")
    table = {row["id"]: f"{row['record']} {row['form']}" for row in rows("records")}
    assert [words for words in KEPT if words not in spoken] == []
    assert set(KEPT.values()) <= table.keys()


def test_every_folder_and_cabinet_that_a_row_names_is_in_the_list_of_places() -> None:
    said = text_of("EMS-REG-006").body.partition("## Where the places are")[2]
    for row in rows("records"):
        for folder in re.findall(r"(?i)\bfolder ([A-Z]\w+)", row["kept_where"]):
            assert re.search(rf"\b{folder}\b", said), f"{row['id']}: {folder}"
        for cabinet in re.findall(r"cabinet (\d)", row["kept_where"]):
            assert re.search(rf"cabinets? [\d and]*{cabinet}", said), f"{row['id']}: cabinet {cabinet}"


def test_every_record_is_kept_by_a_role_for_a_reason() -> None:
    ids = [row["id"] for row in rows("records")]
    assert ids == sorted(set(ids))
    assert [row["id"] for row in rows("records") if row["reason"] == "permit 4.4" and years(row) < PERMIT_YEARS] == []


# People


@cache
def people() -> dict[str, dict[str, list[dict[str, object]]]]:
    return dict(yaml.safe_load((ROOT / "people.yml").read_text(encoding="utf-8"))["people"])


def holders(role: str, *, deputy: bool) -> list[str]:
    """Who holds a role without an end, as deputy or not."""
    return [
        name
        for name, person in people().items()
        for held in person.get("roles", [])
        if held["role"] == role and bool(held.get("deputy")) == deputy and "until" not in held
    ]


def test_each_role_that_decides_or_must_act_within_a_day_has_a_deputy() -> None:
    policy = yaml.safe_load((ROOT / "ems.yml").read_text(encoding="utf-8"))
    deciding = {kind.get(act) for kind in policy["types"].values() for act in ("review", "approve")} - {None}
    for role in {*deciding, *ACTS_WITHIN_A_DAY}:
        assert len(holders(role, deputy=False)) == 1, role
        assert holders(role, deputy=True), role
        assert not set(holders(role, deputy=True)) & set(holders(role, deputy=False)), role
    assert holders("lead-auditor", deputy=True) == []


def test_each_job_on_the_floor_has_its_competences_and_each_names_documents_that_apply() -> None:
    jobs = {row["job"] for row in rows("competence")}
    assert jobs >= JOBS
    roles = yaml.safe_load((ROOT / "people.yml").read_text(encoding="utf-8"))["roles"]
    assert jobs - JOBS <= roles.keys()
    alive = {entry["id"] for entry in register() if entry["state"] == "in force"}
    named = {name for row in rows("competence") for name in row["document"].split(", ")}
    assert named <= alive
    assert all(row["how_gained"] and row["how_shown"] and int(row["refresh_months"]) for row in rows("competence"))


# What is open


def test_each_nonconformity_has_a_cause_an_action_and_a_day_of_proof_or_an_effect() -> None:
    for row in rows("nonconformities"):
        assert row["cause"]
        assert row["action"]
        assert row["effect"].startswith("due 20") == (not row["closed"]), row["id"]
    named = {name for text in everything() for name in re.findall(r"NC-2026-\d\d", text.body)}
    assert named <= {row["id"] for row in rows("nonconformities")}


def test_each_decision_of_the_reviews_is_in_the_list_of_actions() -> None:
    listed = {row["from"] for row in rows("actions")}
    assert {f"EMS-REC-001 decision {n}" for n in range(1, 8)} <= listed
    roles = yaml.safe_load((ROOT / "people.yml").read_text(encoding="utf-8"))["roles"]
    assert {row["owner"] for name in ("actions", "nonconformities") for row in rows(name)} <= roles.keys()


def verdict(ph: str, zinc: str, nickel: str) -> str:
    """What EMS-WI-003 says of a batch."""
    metals = (("zinc", number(zinc)), ("nickel", number(nickel)))
    if number(ph) >= number(values()["pH action"]) or number(ph) < number(values()["lowest pH of a release"]):
        return "back"
    if any(value >= number(values()[f"{metal} action"]) for metal, value in metals):
        return "back"
    if any(value >= number(values()[f"{metal} alarm"]) for metal, value in metals):
        return "word"
    return "word" if number(ph) > number(values()["highest pH of a release"]) else "alone"


@pytest.mark.parametrize("row", range(4))
def test_the_filled_log_decides_as_the_instruction_asks(row: int) -> None:
    _, _, ph, zinc, nickel, decision, word = cells(text_of("EMS-REC-006"), "Batch")[row]
    meant = verdict(ph, zinc, nickel)
    assert decision == ("back to T-7" if meant == "back" else "released")
    assert (word != "–") == (meant == "word")


def test_the_filled_log_adds_up() -> None:
    body = text_of("EMS-REC-006").body
    start, end, shift = (number(n) for n in re.findall(r"at start (\S+), at end ([\d,]+): (\d+) m³", body)[0])
    readings = [number(row[3]) for row in cells(text_of("EMS-REC-006"), "Hour")]
    assert readings == sorted(readings)
    assert (readings[0], readings[-1], end - start) == (start, end, shift)


# Places


def test_every_workplace_has_an_instruction_a_spill_poster_and_somebody_to_ask() -> None:
    policy = yaml.safe_load((ROOT / "ems.yml").read_text(encoding="utf-8"))
    for place in policy["groups"]["workplaces"]:
        given = [e for e in register() if place in e["distribution"] and e["type"] == "instruction" and e["revision"]]
        assert given, place
    posted = defaultdict(set)
    for row in rows("posted-copies"):
        posted[row["document"]].add(row["place"])
    places = set(policy["groups"]["workplaces"])
    assert posted["EMS-WI-005"] == places
    assert posted["EMS-WI-005.de"] >= {"powder-hall", "plating-line", "gatehouse"}
    assert posted["EMS-WI-005.nl"] >= {"effluent-plant", "plating-line", "gatehouse"}


def test_every_workplace_is_audited_and_the_plan_names_each_audit_at_its_place() -> None:
    policy = yaml.safe_load((ROOT / "ems.yml").read_text(encoding="utf-8"))
    audited = defaultdict(set)
    for row in rows("audit-programme"):
        if row["state"] != "moved":
            audited[row["place"]].add(row["id"])
    body = text_of("EMS-PLN-003").body
    said = body.partition("every workplace: ")[2].partition(".")[0]
    for place in policy["groups"]["workplaces"]:
        named = re.search(rf"{place.replace('-', ' ')} ((?:AU-\d\d(?:,\s)?)+)", " ".join(said.split()))
        assert named, place
        assert set(re.findall(r"AU-\d\d", named[1])) == audited[place]
    own = [row for row in rows("audit-programme") if row["state"] != "moved" and row["id"] != "AU-12"]
    assert f"{len(own)} audits of our own" in body


def test_the_red_folder_holds_the_group_of_its_name_in_every_language() -> None:
    folder = {row["document"] for row in rows("posted-copies") if row["position"] == "red folder"}
    assert folder == {entry["id"] for entry in register() if "emergency-folder" in entry["distribution"]}


def test_a_clause_is_claimed_only_where_a_heading_answers_it() -> None:
    settled = [entry for entry in register() if entry["revision"] == entry["latest_revision"]]
    bare = {(entry["id"], clause) for entry in settled for clause in entry["clauses"] if "#" not in clause}
    assert bare == set()
    parts = {e["id"] for e in register() for clause in e["clauses"] if clause.startswith("emas/annex-IV.B")}
    assert parts == {"EMS-STA-001"}
    assert "emas/annex-IV.E" not in {clause.partition("#")[0] for e in register() for clause in e["clauses"]}
