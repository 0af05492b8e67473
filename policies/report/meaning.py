"""What a result proves and what it does not, in both languages: never more than was looked at."""

from __future__ import annotations

from policies.catalogue.loader import Catalogue
from policies.catalogue.texts import Bilingual
from policies.report.model import Report
from policies.report.requirements import RequirementRow
from policies.verdicts import AUDIT, REVIEW, VERIFY, Effect, State

TYPES = {
    "functional": Bilingual(fr="fonctionnelles", en="functional"),
    "regulatory": Bilingual(fr="réglementaires", en="regulatory"),
    "technical": Bilingual(fr="techniques", en="technical"),
}
COMPLEXITIES = {
    "low": Bilingual(fr="simple", en="low complexity"),
    "complex": Bilingual(fr="complexe", en="complex"),
    "very_complex": Bilingual(fr="très complexe", en="very complex"),
}
BASES = {
    "simulated": Bilingual(fr="simulé", en="simulated"),
    "verified": Bilingual(fr="vérifié", en="verified"),
    "declared inputs": Bilingual(fr="entrées déclarées", en="declared inputs"),
}
PLACES = {
    "preview": Bilingual(fr="les entrées déclarées d'un aperçu", en="the declared inputs of a preview"),
    "up": Bilingual(fr="les entrées déclarées d'un déploiement", en="the declared inputs of a deployment"),
    AUDIT: Bilingual(fr="un fichier d'état", en="a state file"),
    REVIEW: Bilingual(fr="un plan Terraform ou des fichiers HCL", en="a Terraform plan or HCL files"),
    VERIFY: Bilingual(fr="ce que répond l'API du fournisseur", en="what the provider's API answers"),
}
_VERDICTS = {
    Effect.BLOCK: Bilingual(fr="Refusé", en="Refused"),
    Effect.WARN: Bilingual(fr="Accepté, avec réserves", en="Accepted, with reservations"),
    Effect.PASS: Bilingual(fr="Conforme aux règles", en="Conform to the rules"),
}


def verdict(report: Report) -> Bilingual:
    if report.problems:
        return Bilingual(fr="Incomplet", en="Incomplete")
    return _VERDICTS[report.effect]


def of(row: RequirementRow, report: Report, catalogue: Catalogue) -> tuple[list[Bilingual], list[Bilingual]]:
    """(what the result of one requirement proves, what it does not)."""
    return _proves(row, report), _proves_not(row, report, catalogue)


def _proves(row: RequirementRow, report: Report) -> list[Bilingual]:
    counted = sum(n for state, n in row.states.items() if state is not State.NOT_APPLICABLE)
    if not row.judged:
        return [Bilingual(fr="Rien : aucune règle n'a rien jugé ici.", en="Nothing: no rule judged anything here.")]
    places = [PLACES[one] for one in PLACES if any(run.operation == one for run in report.runs)]
    fr, en = " et ".join(one.fr for one in places), " and ".join(one.en for one in places)
    made = [
        Bilingual(
            fr=f"{len(row.rules)} règles, {counted} constats, sur {fr}, au {report.as_of}.",
            en=f"{len(row.rules)} rules, {counted} findings, on {en}, as of {report.as_of}.",
        )
    ]
    conform = row.states.get(State.CONFORM, 0)
    if conform:
        made.append(
            Bilingual(
                fr=f"{conform} constats conformes : chaque objet a été comparé au plan recalculé.",
                en=f"{conform} conform findings: each subject was compared with the plan, computed again.",
            )
        )
    return made


def _proves_not(row: RequirementRow, report: Report, catalogue: Catalogue) -> list[Bilingual]:
    made = []
    if all(run.operation != VERIFY for run in report.runs):
        made.append(
            Bilingual(
                fr="Que le fournisseur a bien cela : « rempart verify » le lit par son API.",
                en="That the provider really has it: “rempart verify” reads it through the API.",
            )
        )
    if report.simulated:
        made.append(
            Bilingual(
                fr="Quoi que ce soit du fournisseur : les points d'accès sont simulés.",
                en="Anything of the provider: the endpoints are simulated.",
            )
        )
    if row.coverage != "full":
        evidence = catalogue.requirements[row.id].evidence
        made.append(
            Bilingual(
                fr="Ce que les règles ne regardent pas" + (f" : {evidence.fr}" if evidence else "."),
                en="What rules do not look at" + (f": {evidence.en}" if evidence else "."),
            )
        )
    if row.states.get(State.EVIDENCE_ACCEPTED_UNTIL) or row.states.get(State.WAIVED_UNTIL):
        made.append(
            Bilingual(
                fr="Ce que des personnes ont accepté : une pièce dit qui en répond, elle ne rend rien conforme.",
                en="What people accepted: a record says who answers for it, it makes nothing conform.",
            )
        )
    return made
