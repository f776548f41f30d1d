"""Family 4, the indicators of EMAS as data: what the tables of a statement say, and what they leave out."""

from __future__ import annotations

from collections.abc import Iterator

from ems_control.coverage.indicator_faults import Fault, left_out, wrong_figures
from ems_control.handbook.handbook import Handbook
from ems_control.rules.book import rule
from ems_control.rules.finding import Found
from ems_control.rules.finding_places import current


@rule("EMS411", "indicator-figure-wrong", "error", sees="one")
def indicator_figure_wrong(handbook: Handbook) -> Iterator[Found]:
    """A figure in the indicator table of a statement cannot be right.

    Checks: In every table with the columns area, indicator, year, A, unit_A, B, unit_B and R that a submitted statement
        shows: A, B and R are numbers like 9980 or 0.0198, and R is A divided by B within one in a hundred; year is a
        year; no indicator stands twice for a year; A has a unit, the same in every year. A row whose column `reason`
        says why there are no figures needs none.
    Basis: EMAS annex IV, part C.2 (each core indicator is an annual figure A, a reference value B and the ratio R).
    Bad:
        ems.yml
          types:
            procedure: {prefix: EMS-PRO, level: declared, approve: manager}
            statement: {prefix: EMS-STA, level: declared, approve: manager}
          not_applicable:
            - {reference: emas/annex-IV.C.2#material, reason: Nothing is made here.}
            - {reference: emas/annex-IV.C.2#water, reason: No water is used.}
            - {reference: emas/annex-IV.C.2#waste, reason: No waste arises.}
            - {reference: emas/annex-IV.C.2#land-use, reason: We own no land.}
            - {reference: emas/annex-IV.C.2#emissions, reason: Nothing is emitted.}
        docs/statements/EMS-STA-001.md
          type: statement
          clauses:
          validated: {day: 2025-12-04, verifier: V. Ender, accreditation: XX-V-0000}
          > [Indicators](indicators.csv){ .table }
        docs/statements/indicators.csv
          = area,indicator,year,A,unit_A,B,unit_B,R
          = energy,total use,2024,100,MWh,50,t,2
          = energy,total use,2025,90,MWh,50,t,1.9
    Good:
        ems.yml
          types:
            procedure: {prefix: EMS-PRO, level: declared, approve: manager}
            statement: {prefix: EMS-STA, level: declared, approve: manager}
          not_applicable:
            - {reference: emas/annex-IV.C.2#material, reason: Nothing is made here.}
            - {reference: emas/annex-IV.C.2#water, reason: No water is used.}
            - {reference: emas/annex-IV.C.2#waste, reason: No waste arises.}
            - {reference: emas/annex-IV.C.2#land-use, reason: We own no land.}
            - {reference: emas/annex-IV.C.2#emissions, reason: Nothing is emitted.}
        docs/statements/EMS-STA-001.md
          type: statement
          clauses:
          validated: {day: 2025-12-04, verifier: V. Ender, accreditation: XX-V-0000}
          > [Indicators](indicators.csv){ .table }
        docs/statements/indicators.csv
          = area,indicator,year,A,unit_A,B,unit_B,R
          = energy,total use,2024,100,MWh,50,t,2
          = energy,total use,2025,90,MWh,50,t,1.8
    Fix: Correct the figure. Numbers have a point for the decimals and nothing between the thousands.
    """
    for document, version in current(handbook):
        yield from map(_found, wrong_figures(document, version))


@rule("EMS412", "indicators-incomplete", "warning", sees="one")
def indicators_incomplete(handbook: Handbook) -> Iterator[Found]:
    """The indicator table of a statement leaves out what EMAS asks for, and does not say why.

    Checks: In the tables of EMS411: every core area (energy, material, water, waste, land use, emissions) has rows, or
        one row with a `reason`, or a reason in ems.yml (`not_applicable`, `emas/annex-IV.C.2#water`). Every indicator
        has the last three years, as far as the table or the registration goes back. A is in a unit that the annex
        names. B is the same for all core indicators of a year; that it must be is general knowledge, compare the text.
    Basis: EMAS annex IV, part C.2 (core areas, A, B and R, three years where available, reasons for what is left out).
    Bad:
        ems.yml
          types:
            procedure: {prefix: EMS-PRO, level: declared, approve: manager}
            statement: {prefix: EMS-STA, level: declared, approve: manager}
        docs/statements/EMS-STA-001.md
          type: statement
          clauses:
          validated: {day: 2025-12-04, verifier: V. Ender, accreditation: XX-V-0000}
          > [Indicators](indicators.csv){ .table }
        docs/statements/indicators.csv
          = area,indicator,year,A,unit_A,B,unit_B,R
          = energy,total use,2025,90,MWh,50,t,1.8
    Good:
        ems.yml
          types:
            procedure: {prefix: EMS-PRO, level: declared, approve: manager}
            statement: {prefix: EMS-STA, level: declared, approve: manager}
          not_applicable:
            - {reference: emas/annex-IV.C.2#material, reason: Nothing is made here.}
            - {reference: emas/annex-IV.C.2#land-use, reason: We own no land.}
        docs/statements/EMS-STA-001.md
          type: statement
          clauses:
          validated: {day: 2025-12-04, verifier: V. Ender, accreditation: XX-V-0000}
          > [Indicators](indicators.csv){ .table }
        docs/statements/indicators.csv
          = area,indicator,year,A,unit_A,B,unit_B,R,reason
          = energy,total use,2025,90,MWh,50,t,1.8,
          = water,total use,2025,100,m3,50,t,2,
          = waste,total,2025,5,t,50,t,0.1,
          = emissions,greenhouse gases,2025,,,,,,not measured before 2026
    Fix: Add what is missing, or say why it is: in a column `reason` of the table, for a whole area also in ems.yml.
    """
    for document, version in current(handbook):
        yield from map(_found, left_out(handbook, document, version))


def _found(fault: Fault) -> Found:
    return Found(fault.path, 0, 0, fault.document.id, fault.message, fault.fix)
