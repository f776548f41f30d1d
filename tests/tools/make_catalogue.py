"""Makes the packaged standards catalogue from the fact files of ../shared/standards and our own summaries.

    python tests/tools/make_catalogue.py ../shared/standards [FOLDER]

Writes plugins/ems_control/ground/organisation/catalogue, or FOLDER. Facts and certainty are kept entry by entry; every
rewording stands in a table below, so that a test can compare the two. No text of an ISO standard goes in.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

import yaml

Data = dict[str, Any]

HERE = Path(__file__).parent
TARGET = HERE.parents[1] / "plugins/ems_control/ground/organisation/catalogue"
WORDS = TARGET.parent / "catalogue_words"
HEADER = """\
# Made by tests/tools/make_catalogue.py: change the facts or the script, not this file.
# Numbers, titles and our own summaries; no text of an ISO standard.
# Certainty: confirmed (by the source itself or two others), single (one other source), general (believed right,
# no source seen), uncertain (sources conflict: to be verified).
"""
LEVELS = ("confirmed", "single", "general", "uncertain")

# Certainty that the sources state in a phrase: of the number, and of the title.
PHRASES = {
    "rule confirmed, exact OJ spelling general": ("confirmed", "general"),
    "number and theme confirmed (IHK), exact title general": ("confirmed", "general"),
    "number uncertain, theme confirmed": ("uncertain", "confirmed"),
    "number uncertain, theme general": ("uncertain", "general"),
}

# Why a level is not "confirmed", by standard and language, and by clause. Taken from `title_notes` and `note`.
REASONS: dict[str, dict[str, str]] = {
    "iso-14001:2015": {
        "de": "The DIN table of contents itself was not seen.",
        "nl": "Nothing found for NEN-EN-ISO 14001 itself.",
    },
    "iso-14001:2026": {
        "de": "DIN EN ISO 14001:2026 was not seen.",
        "nl": "NEN-EN-ISO 14001:2026 was not seen.",
    },
}
CLAUSE_REASONS: dict[tuple[str, str], dict[str, str]] = {
    ("iso-14001:2015", "6.1.3"): {"nl": "Spelled complianceverplichtingen or compliance-verplichtingen."},
    ("iso-14001:2015", "7.3"): {"nl": "Also seen as Bewustwording."},
    ("iso-14001:2015", "7.5.2"): {"nl": "Also seen as Opstellen en bijwerken."},
    ("iso-14001:2015", "9.1.2"): {"de": "Also seen as Bewertung der Einhaltung bindender Verpflichtungen."},
    ("iso-14001:2015", "9.3"): {
        "nl": "Directiebeoordeling in Dutch ISO 14001 and ISO 9001 practice, Managementbeoordeling in a 27001 file."
    },
}
PART_A = "That Part A repeats the clause is confirmed; its exact spelling in the Official Journal was not checked."
PART_B = "The theme is known, the number is from memory and meant another theme before 2017; check the regulation."
ANNEX_I = "2017 version, eight points: the numbers 1, 2 and 7 and the title of 1 are confirmed, the rest is not."

# What the product says in other words than the source, because the source speaks of how it was researched.
REWORDED = {
    ("iso-14001:2015", "6.2.1", "duty"): "Lists of others differ: one files it under evidence.",
    (
        "family",
        "note",
    ): "Grouped as organisation evaluation and product evaluation. Editions are from general knowledge unless marked.",
    ("family", "BS 7750:1992", "published"): "1992 (March according to one web page, June according to another text)",
    ("document-control", "note"): "In our own words. Basis: clause 7.5 of ISO 14001:2015, ISO 14001:2026 and "
    "ISO 9001:2015, A.7.5 of EMAS.",
    ("sources", "S-DUDING"): "GitHub duding-engicool/skill-iso14001-upgrade-assistant, comparison made from the FDIS",
}
# What clause 7.5 says of documents, in our own words, by requirement; the basis of a rule uses these words.
SAYS: dict[str, list[str]] = {
    "DC-01": ["documents that the standard asks for"],
    "DC-02": ["identification", "description", "author", "date"],
    "DC-03": ["format"],
    "DC-04": ["approval", "suitability", "adequacy"],
    "DC-05": ["available where and when needed", "suitable for use"],
    "DC-06": ["confidentiality", "improper use", "loss of integrity"],
    "DC-07": ["distribution", "access", "retrieval"],
    "DC-08": ["storage", "legibility"],
    "DC-09": ["control of changes", "version control"],
    "DC-10": ["retention", "disposition"],
    "DC-11": ["documents from outside"],
}
# What was put into clauses of ISO 14001:2015 that the regulation repeats without it: one requirement, and a note.
BEYOND_PART_A = {"A.4.1": "Amd 1:2024", "A.4.2": "Amd 1:2024"}
SUBJECTS = {
    "emergency processes; not in the isomanaged list, believed kept from 2015": ("emergency processes"),
}
# How documents of the family are designated that are no standards, and what is said of their titles. Corrections of
# 26 November 2026: pages of ISO/TC 207/SC 3 and ANSI were seen for `EDITION_SEEN`, the rest is general knowledge.
DESIGNATIONS = {
    "ISO 14027": "ISO/TS 14027",
    "ISO 14029": "ISO/TS 14029",
    "ISO 14071": "ISO/TS 14071",
    "ISO 14072": "ISO/TS 14072",
    "ISO 14032": "ISO/TR 14032",
    "ISO 14062": "ISO/TR 14062",
}
FAMILY_TITLES = {
    "Examples (TR)": "Examples of performance evaluation",
    "Design for environment (TR)": "Design for environment",
}
EDITION_SEEN = {
    *("ISO 14020", "ISO 14021", "ISO 14024", "ISO 14025", "ISO 14026", "ISO/TS 14027", "ISO/TS 14029"),
    *("ISO 14064-1", "ISO 14064-2", "ISO 14064-3", "ISO 14065"),
}
SYSTEMS, ASSESSMENT, CLIMATE = "environmental_management_systems", "auditing_and_assessment", "climate_and_finance"
LIFE_CYCLE, PRODUCTS = "life_cycle_assessment", "product_standards"
MORE_OF_THE_FAMILY = [
    (SYSTEMS, "ISO 14002-3, -4", "Further parts (topics not seen)", "", "general"),
    (SYSTEMS, "ISO 14055-1, -2", "Combating land degradation and desertification", "2017, 2022", "general"),
    (ASSESSMENT, "ISO 14019", "Sustainability information — validation and verification (series)", "", "general"),
    (CLIMATE, "ISO 14060", "Net zero (in preparation; the number once stood for ISO Guide 64)", "", "general"),
    (CLIMATE, "ISO 14066", "Competence of teams that verify environmental information", "2023", "confirmed"),
    (CLIMATE, "ISO/TR 14069", "GHG — guidance for ISO 14064-1", "2013", "general"),
    (CLIMATE, "ISO 14080", "GHG — framework for methodologies on climate actions", "2018", "general"),
    (CLIMATE, "ISO 14083", "GHG of transport chains", "2023", "general"),
    (CLIMATE, "ISO/TS 14092", "Adaptation — planning for local governments", "2020", "general"),
    (CLIMATE, "ISO 14093", "Adaptation — financing it locally", "2022", "general"),
    (CLIMATE, "ISO 14094", "Adaptation (title not seen)", "", "general"),
    (CLIMATE, "ISO 14100", "Environmental criteria for green finance projects", "2022", "general"),
    (LIFE_CYCLE, "ISO/TR 14047", "LCA — examples of impact assessment", "2012", "general"),
    (LIFE_CYCLE, "ISO/TS 14048", "LCA — data documentation format", "2002", "general"),
    (LIFE_CYCLE, "ISO/TR 14049", "LCA — examples of inventory analysis", "2012", "general"),
    (LIFE_CYCLE, "ISO/TR 14073", "Water footprint — examples", "2017", "general"),
    (LIFE_CYCLE, "ISO/TS 14074", "LCA — normalization, weighting, interpretation", "2022", "general"),
    (LIFE_CYCLE, "ISO 14075", "Social life cycle assessment", "2024", "general"),
    (LIFE_CYCLE, "ISO/TS 14076", "Eco-techno-economic analysis", "", "general"),
    (PRODUCTS, "IEC 62430", "Environmentally conscious design", "2019", "general"),
]
REPLACED = {"ISO/TR 14062": "IEC 62430"}
DROPPED_SOURCES = {"S-ZLR9": "appears to be an unlicensed copy"}

NOT_APPLICABLE_9001 = "an organisation that designs and develops no products or services"


def read(folder: Path, name: str) -> Data:
    """One fact file, whole."""
    data: Data = yaml.safe_load((folder / f"{name}.yml").read_text("utf-8"))
    return data


def weaker(one: str, other: str) -> str:
    """The less certain of two levels."""
    return max(one, other, key=LEVELS.index)


def kept(data: Data, *keys: str) -> Data:
    """Those of the keys that the source has, as they are."""
    return {key: data[key] for key in keys if data.get(key) not in (None, [], {})}


def reasons_for(standard: str, number: str, certainty: Data) -> Data:
    """Why the number or a title is not confirmed, where the sources say why."""
    known = REASONS.get(standard, {}) | CLAUSE_REASONS.get((standard, number), {})
    return {key: known[key] for key in certainty if key in known and certainty[key] != "confirmed"}


def clause(number: str, source: Data, certainty: Data, **more: Any) -> Data:
    """One clause in the shape that all standards share; what is empty is left out."""
    made = {
        "number": number,
        "parent": source.get("parent"),
        "title": source["title"],
        "certainty": certainty,
        "assessable": source["assessable"],
        "heading_only": source.get("heading_only", False),
        "optional": source.get("optional"),
        "not_applicable": source.get("not_applicable_allowed"),
        "change": source.get("change"),
        "note": source.get("note"),
    } | more
    return {
        key: value for key, value in made.items() if value not in (None, {}, [], "") and (key, value) != ("ours", False)
    }


def duty_of(standard: str, number: str, source: Data) -> Data | None:
    """The documented information that a clause of ISO 14001 asks for."""
    found = source.get("documented_information")
    if not found:
        return None
    duty = kept(found, "kind", "subject")
    if "to_extent_needed_or_appropriate" in found:
        duty["to_extent"] = found["to_extent_needed_or_appropriate"]
    duty["certainty"] = found["certainty"].partition(",")[0]
    duty["subject"] = SUBJECTS.get(duty.get("subject", ""), duty.get("subject", ""))
    if "note" in found:
        duty["note"] = REWORDED[standard, number, "duty"]
    return duty


def iso_14001(source: Data, summaries: Data, before: Data | None) -> Data:
    """An edition of ISO 14001; `before` is the edition made earlier, whose classification of duties is carried over."""
    made = kept(source, "id", "standard", "edition")
    made["name"] = f"ISO 14001:{source['edition']}"
    made |= kept(source, "full_title", "edition_number", "published", "published_note", "published_certainty")
    made |= kept(source, "published_sources", "status", "status_certainty", "adoptions", "replaces", "amendments")
    if "transition" in source:
        made["transition"] = transition(source["transition"])
    if "wording_note" in source:
        made["wording"] = {key: source[f"wording_{key}"] for key in ("note", "certainty", "sources")}
    made["sources"] = source["sources"]
    earlier = {entry["number"]: entry for entry in before["clauses"]} if before else {}
    made["clauses"] = []
    for entry in source["clauses"]:
        number, origins = entry["id"], entry.get("from_2015", [])
        duty = duty_of(source["id"], number, entry)
        if duty and before:
            kinds = {earlier[old]["duty"]["kind"] for old in origins if "duty" in earlier[old]}
            if len(kinds) == 1:
                duty["carried"] = kinds.pop()
        summary = summaries[source["id"]].get(number)
        if summary is None and origins == [number]:
            summary = earlier[number].get("summary", {}).get("en")
        made["clauses"].append(
            clause(
                number,
                entry,
                entry["title_certainty"],
                reasons=reasons_for(source["id"], number, entry["title_certainty"]),
                duty=duty,
                summary={"en": summary} if summary and entry["assessable"] else None,
            )
        )
    return made


def transition(source: Data) -> Data:
    """The end of the transition, with everybody who names it."""
    months = {"April": "04", "May": "05"}
    found: dict[str, list[str]] = {}
    for text in source["deadline_candidates"]:
        end, who = re.findall(r"(.+?) \((.+)\)", text)[0]
        if "weak" not in who:
            word = re.fullmatch(r"(\w+) (\d{4})", end)
            month = f"{word[2]}-{months[word[1]]}" if word else end[:7]
            found.setdefault(month, []).extend(who.removesuffix(", approximate").split(", "))
    made = kept(source, "length", "certainty", "note", "official_document_seen")
    made["note"] = source["note"].removesuffix(" Make the date configuration, not a constant.")
    return made | {"candidates": [{"end": end, "sources": who} for end, who in found.items()]}


def emas_details(source: Data) -> dict[str, Data]:
    """Every entry of emas.yml under the spelling that references use."""
    details: dict[str, Data] = {entry["id"]: entry for entry in source["articles"]}
    for annex in source["annexes"]:
        details[annex["id"]] = annex
        parts = [annex.get("points", []), annex.get("sections", []), annex.get("part_A", {}).get("items", [])]
        parts += [section.get("items", []) for section in annex.get("sections", [])]
        for entry in (entry for part in parts for entry in part):
            details[entry["id"] if entry["id"].startswith("A.") else f"annex-{entry['id']}"] = entry
        for entry in annex.get("part_B", {}).get("items", []):
            details[f"B.{entry['slug']}"] = entry
    return details


def emas_clause(entry: Data, detail: Data, iso: Data | None, headings: set[str], summary: str | None) -> Data:
    """One clause of EMAS: spelling and `assessable` from the flat list, certainty and reasons from emas.yml."""
    number = entry["id"]
    stated: Any = detail.get("certainty", entry["certainty"])
    if "theme_certainty" in detail:
        stated = f"number {detail['number_certainty']}, theme {detail['theme_certainty']}"
    certainty: Data
    if isinstance(stated, dict):
        certainty = dict(stated)
    else:
        of_number, of_title = PHRASES.get(stated, (stated, stated))
        certainty = {"number": of_number} | dict.fromkeys(entry["title"], of_title)
    note = "; ".join(detail.get("parts", [])) or (detail.get("note") if detail.get("items") else None)
    reason = PART_B if number.startswith("B.") else ANNEX_I if number.startswith("annex-I.") else ""
    if iso:
        certainty |= {key: weaker(certainty[key], level) for key, level in iso["certainty"].items()}
        reason = PART_A
        official = detail["title"]["en"]
        note = f"Perhaps spelled in the Official Journal: {official}" if official != entry["title"]["en"] else None
        summary = summary or iso.get("summary", {}).get("en")
    return clause(
        number,
        entry | {"heading_only": not entry["assessable"] and number in headings},
        certainty,
        reasons={key: reason for key in certainty if reason and certainty[key] != "confirmed"},
        same_as=entry.get("same_as"),
        believed_number=entry.get("believed_number"),
        ours=number.startswith("annex-IV.B.") or None,
        duty=iso.get("duty") if iso else None,
        summary={"en": summary} if summary else None,
        note=note,
    )


def emas(source: Data, flat: Data, iso: Data, summaries: Data) -> Data:
    """EMAS as one flat list of clauses, with the facts about the regulation in front."""
    details = emas_details(source)
    by_number = {f"iso-14001:2015/{entry['number']}": entry for entry in iso["clauses"]}
    numbers = [entry["id"] for entry in flat["clauses"]]
    headings = {entry["parent"] for entry in flat["clauses"] if entry["parent"]}
    clauses = [
        emas_clause(
            entry,
            details.get(entry["id"], {}),
            by_number.get(entry.get("same_as", "")),
            headings,
            summaries["emas"].get(entry["id"]),
        )
        for entry in flat["clauses"]
    ]
    outline = [
        {"number": entry["id"], "title": entry["title"], "certainty": entry["certainty"]}
        for entry in source["articles"] + source["annexes"]
        if entry["id"] not in numbers and entry["id"] != "annex-II"
    ]
    part_b = next(annex["part_B"] for annex in source["annexes"] if "part_B" in annex)
    made = {"id": "emas", "standard": "emas", "name": "EMAS"}
    made |= kept(source, "full_title", "adopted", "official_journal", "applies_from", "celex", "reuse")
    made["consolidated"] = source["latest_consolidated_seen"]
    made |= kept(source, "amended_by", "related_acts")
    made["iso_14001_2026"] = source["iso_14001_2026_status"]
    made["part_b_before_2017"] = part_b["numbering_before_2017"]
    made["article_4"] = source["article_4_reading_note"]
    return made | {"sources": source["sources"], "outline": outline, "clauses": clauses}


def iso_9001(source: Data, correspondence: Data, summaries: Data) -> Data:
    """ISO 9001:2015 for integrated systems; its numbered paragraphs without a title count for their clause."""
    made = kept(source, "id") | {"standard": "iso-9001", "edition": "2015", "name": "ISO 9001:2015"}
    made |= kept(source, "full_title", "edition_number", "published", "amendments", "title_certainty", "sources")
    made["next_edition"] = kept(correspondence["iso_9001_2026"], "finding", "certainty", "sources")
    untitled = source["untitled_subclauses"]["ids"]
    made["clauses"] = []
    for entry in source["clauses"]:
        number = entry["id"]
        level = "confirmed" if re.match(r"(5|7\.1|7\.5|8|9)\.", number) else "general"
        duty = None
        if "documented_information" in entry:
            kind, _, note = entry["documented_information"].partition(" ")
            duty = {
                "kind": kind.replace("maintain+retain", "both"),
                "certainty": source["documented_information_certainty"],
            }
            duty |= {"note": note.strip("()")} if note else {}
        made["clauses"].append(
            clause(
                number,
                entry,
                {"en": level},
                duty=duty,
                summary={"en": summaries["iso-9001:2015"][number]} if entry["assessable"] else None,
                paragraphs=[part for part in untitled if part.rpartition(".")[0] == number],
                not_applicable=NOT_APPLICABLE_9001 if number.startswith("8.3") else None,
            )
        )
    return made


def editions_relation(source: Data) -> Data:
    """ISO 14001:2015 to 2026: what kept its number, moved, was split or dropped."""
    rows = []
    for row in source["map"]:
        kind = "dropped" if not row["to"] else "split" if len(row["to"]) > 1 else "continued"
        kind = "renumbered" if kind == "continued" and row["to"] != [row["from"]] else kind
        rows.append({"from": row["from"], "to": row["to"], "kind": kind} | kept(row, "note"))
    reused = list(dict.fromkeys(re.findall(r"(\d[\d.]+) \(2015", source["warning"])))
    warning = source["warning"].partition(" A reference without")[0]
    made = kept(source, "from", "to") | {"warning": warning, "other_meaning": reused}
    return made | {"new": source["new_in_2026"], "gone": source["gone_in_2026"], "map": rows}


def emas_relation(source: Data, details: dict[str, Data]) -> Data:
    """EMAS to ISO 14001:2015; only Part A is the same text."""
    rows = []
    for row in source["part_a"]:
        beyond = {"beyond": BEYOND_PART_A[row["emas"]]} if row["emas"] in BEYOND_PART_A else {}
        rows.append({"from": row["emas"], "to": [row["iso"]], "kind": row["relation"]} | beyond)
    for row in source["part_b"]:
        named = {"from": f"B.{row['slug']}", "to": row["iso"]}
        rows.append(named | {"kind": row["relation"], "certainty": row["certainty"]})
    for row in source["other"]:
        kind, note = re.findall(r"^(\w+)(?:: | \()?(.*?)\)?$", row["relation"])[0]
        rows.append({"from": row["emas"], "to": row["iso"], "kind": kind} | ({"note": note} if note else {}))
    for number, detail in details.items():
        if "related_iso_14001_2015" in detail:
            rows.append({"from": number, "to": detail["related_iso_14001_2015"], "kind": "related"})
    only = [re.sub(r"^IV", "annex-IV", entry.partition(" ")[0]) for entry in source["emas_only"]]
    made = kept(source, "from", "to") | {"certainty": "general", "basis": source["certainty"]}
    return made | {"only": only, "map": rows}


def quality_relation(source: Data) -> Data:
    """ISO 14001:2015 to ISO 9001:2015; nothing is the same text, `same theme` is the most there is."""
    rows = []
    for row in source["map"]:
        to = [row["iso_9001"]] if row["iso_9001"] else []
        kind = "none" if not to else "partial" if row["note"].startswith("partial") else "theme"
        rows.append({"from": row["iso_14001"], "to": to, "kind": kind, "note": row["note"]})
    made = kept(source, "from", "to") | {"certainty": "general", "basis": source["basis"]}
    made["other_meaning"] = source["same_number_different_meaning"]
    return made | {"only_in_to": source["iso_9001_only"], "map": rows}


def quality_relation_2026(source: Data, quality: Data, editions: Data) -> Data:
    """ISO 14001:2026 to ISO 9001:2015: what the sources say, the rest by way of the 2015 edition."""
    stated = {number: [number] for number in ("6.3", "9.3.1", "9.3.2", "9.3.3")}
    rows: list[Data] = []
    for step in editions["map"]:
        for row in (row for row in quality["map"] if row["from"] == step["from"]):
            known = stated.keys() | {earlier["from"] for earlier in rows}
            rows += [row | {"from": number, "via": step["from"]} for number in step["to"] if number not in known]
    rows += [{"from": number, "to": to, "kind": "theme"} for number, to in stated.items()]
    rows.sort(key=lambda row: [int(part) for part in row["from"].split(".")])
    made = {
        "from": "iso-14001:2026",
        "to": quality["to"],
        "certainty": "general",
        "basis": source["iso_14001_2026_note"],
    }
    reused = quality["other_meaning"] + source["same_number_different_meaning_14001_2026"]
    return made | {"other_meaning": reused, "map": rows}


def family(source: Data) -> Data:
    """The ISO 14000 family in its two areas, and what came before."""
    made = source | {"note": REWORDED["family", "note"], "ancestors": []}
    for area in ("organisation_evaluation", "product_evaluation"):
        made[area] = {name: [member(row) for row in rows] for name, rows in source[area].items()}
        for name, rows in made[area].items():
            for group, number, title, edition, certainty in MORE_OF_THE_FAMILY:
                if group == name:
                    rows.append({"id": number, "title": title, "edition": edition, "certainty": certainty})
    for entry in source["ancestors"]:
        known = [key for key in entry.get("sources", []) if key.startswith("S-")]
        published = REWORDED.get(("family", entry["id"], "published"))
        entry = entry | ({"published": published} if published else {}) | ({"sources": known} if known else {})
        made["ancestors"].append(entry)
    return made


def member(source: Data) -> Data:
    """A document of the family, under its designation."""
    number = DESIGNATIONS.get(source["id"], source["id"])
    made = source | {"id": number, "title": FAMILY_TITLES.get(source["title"], source["title"])}
    made |= {"certainty": "confirmed"} if number in EDITION_SEEN else {}
    return made | ({"replaced_by": REPLACED[number]} if number in REPLACED else {})


def in_languages(standard: Data) -> Data:
    """A standard with its titles and our summaries in every language of catalogue_words/."""
    for path in sorted(WORDS.glob("*.yml")):
        known = yaml.safe_load(path.read_text("utf-8"))
        language, texts = known["language"], known["texts"]
        for entry in standard["clauses"]:
            if language not in entry["title"]:
                entry["title"] = entry["title"] | {language: texts[entry["title"]["en"]]}
                entry["certainty"] = entry["certainty"] | {language: "general"}
            if "summary" in entry:
                entry["summary"] = entry["summary"] | {language: texts[entry["summary"]["en"]]}
    return standard


def document_control(source: Data, slugs: dict[str, str]) -> Data:
    """What clause 7.5 and EMAS ask of document control, with references as documents spell them."""
    rows = []
    for entry in source["requirements"]:
        clauses = [emas_spelling(text, slugs) for text in entry["clauses"]]
        made = {"id": entry["id"], "clauses": clauses} | kept(entry, "requirement", "auditor_evidence", "certainty")
        rows.append(made | ({"says": SAYS[entry["id"]]} if entry["id"] in SAYS else {}))
    made = source | {"note": REWORDED["document-control", "note"], "requirements": rows}
    made["common_findings"] = [entry for entry in source["common_findings"] if entry["sources"]]
    return made


def emas_spelling(text: str, slugs: dict[str, str]) -> str:
    """`EMAS B.4` as `emas/B.legal-compliance`; a number of ISO stays, it counts in every edition."""
    if not text.startswith("EMAS "):
        return text
    number = text.removeprefix("EMAS ")
    return f"emas/{slugs.get(number, re.sub(r'^(?=IV)', 'annex-', number))}"


def sources(source: Data) -> Data:
    """What every source key stands for; no copies of standards."""
    made = {}
    for key, text in source["sources"].items():
        if key not in DROPPED_SOURCES:
            made[key] = REWORDED.get(
                ("sources", key), re.sub(r"GitHub file ids? [\d and]+\d", "a list on GitHub", text)
            )
    return {"read": "2026-11-21", "sources": made}


def build(folder: Path) -> dict[str, Data]:
    """Every file of the catalogue: its name without suffix, and what it holds."""
    summaries: Data = yaml.safe_load((HERE / "summaries.yml").read_text("utf-8"))
    regulation, flat = read(folder, "emas"), read(folder, "emas-clauses")
    correspondence = read(folder, "iso-14001-9001-map")
    old = iso_14001(read(folder, "iso-14001-2015"), summaries, None)
    editions = editions_relation(read(folder, "iso-14001-2015-to-2026"))
    quality = quality_relation(correspondence)
    details = emas_details(regulation)
    slugs = {entry["id"]: name for name, entry in details.items() if name.startswith("B.")}
    return {
        "iso-14001-2015": in_languages(old),
        "iso-14001-2026": in_languages(iso_14001(read(folder, "iso-14001-2026"), summaries, old)),
        "emas": in_languages(emas(regulation, flat, old, summaries)),
        "iso-9001-2015": in_languages(iso_9001(read(folder, "iso-9001-2015"), correspondence, summaries)),
        "relations/emas--iso-14001-2015": emas_relation(read(folder, "emas-iso14001-map"), details),
        "relations/iso-14001-2015--iso-14001-2026": editions,
        "relations/iso-14001-2015--iso-9001-2015": quality,
        "relations/iso-14001-2026--iso-9001-2015": quality_relation_2026(correspondence, quality, editions),
        "family": family(read(folder, "iso-14000-family")),
        "indicators": read(folder, "emas-indicators"),
        "document-control": document_control(read(folder, "document-control-requirements"), slugs),
        "sources": sources(read(folder, "sources")),
    }


class Dumper(yaml.SafeDumper):
    """Writes equal values out again instead of as anchors, which our own reader refuses."""

    def ignore_aliases(self, _data: Any) -> bool:
        """Never an alias."""
        return True

    def represent_text(self, text: str) -> yaml.ScalarNode:
        """Clause numbers always in quotation marks: 6.10 without them is a number, and equal to 6.1."""
        style = '"' if re.fullmatch(r"[\d.]+", text) else None
        return self.represent_scalar("tag:yaml.org,2002:str", text, style=style)

    def represent_short(self, data: Data | list[Any]) -> yaml.Node:
        """What fits on a line stands on a line."""
        flow = len(str(data)) < 105
        if isinstance(data, dict):
            return self.represent_mapping("tag:yaml.org,2002:map", data, flow_style=flow)
        return self.represent_sequence("tag:yaml.org,2002:seq", data, flow_style=flow)


Dumper.add_representer(str, Dumper.represent_text)
Dumper.add_representer(dict, Dumper.represent_short)
Dumper.add_representer(list, Dumper.represent_short)


def main(arguments: list[str]) -> None:
    """Reads the facts in the first folder and writes the catalogue to the second."""
    target = Path(arguments[1]) if len(arguments) > 1 else TARGET
    for name, data in build(Path(arguments[0])).items():
        path = target / f"{name}.yml"
        path.parent.mkdir(parents=True, exist_ok=True)
        text = yaml.dump(data, Dumper=Dumper, sort_keys=False, allow_unicode=True, width=116)
        path.write_text(HEADER + text, "utf-8", newline="\n")


if __name__ == "__main__":
    main(sys.argv[1:])
