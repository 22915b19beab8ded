"""What callers say, and the questions that the shipped sets bring forward for it."""

import pytest

from tests.domain.shipped import SHIPPED, rule_set, vocabulary
from triage.domain.assessment import assess

SAID: dict[str, tuple[str, ...]] = {
    "weapon": (
        "There are guns in the house.",
        "He has two rifles and some knives.",
        "She stabbed the couch with scissors.",
        "We heard shots, then shooting.",
        "He has a Glock.",
        "There is an AR-15 in the truck.",
        "Someone with a taser.",
        "She is pointing something at people.",
        "Tiene armas y unas pistolas.",
        "Está apuntando a la gente.",
        "Ella agarró unos cuchillos de la cocina.",
        "Dice que le disparó con un revolver.",
    ),
    "violence_now": (
        "He punched my brother.",
        "She hit me and kicked the door.",
        "They fought and he was stabbed.",
        "He has threatened to choke her.",
        "Le pegó a su hermano.",
        "El papá lo golpeó y lo amenazó.",
        "Los dos se están peleando a golpes.",
    ),
    "overdose_or_poison": (
        "I think she overdosed.",
        "He OD'd in the bathroom.",
        "She took one pill after another.",
        "Drank something, maybe poison.",
        "She took 30 Tylenol.",
        "Es una sobredosis, creo.",
        "Se tomó treinta aspirinas.",
        "El niño tomó lejía.",
        "Se tragó una píldora.",
    ),
    "suicidal_ideation": (
        "He wants to die.",
        "She talks about killing herself.",
        "They said they would kill themselves.",
        "I don’t want to live any more.",
        "He says that he is better off dead.",
        "She is cutting her arms.",
        "Dice que quiere morir.",
        "Se corta los brazos.",
        "Mi hijo se quiere matar.",
        "Habla de suicidarse.",
        "Ya no quiero vivir.",
        "Quiere quitarse la vida.",
    ),
    "psychosis": (
        "She hears voices.",
        "He says the voices tell him things.",
        "He is hallucinating.",
        "Dice que oye voces.",
        "Está alucinando.",
    ),
    "dangerous_place": (
        "He is on the overpass.",
        "She says she will jump.",
        "Está en la azotea y va a saltar.",
        "Se quiere tirar del balcón.",
    ),
    "subject_driving": (
        "He drove off in the truck.",
        "Se llevó el carro.",
        "Va manejando borracho.",
    ),
    "in_traffic": (
        "He is in the middle of the highway.",
        "She walks into traffic.",
        "Camina entre los carros.",
        "Está en medio de la calle.",
    ),
    "domestic_violence": (
        "It is my ex boyfriend.",
        "Her ex-husband is outside.",
        "He hits her when he drinks.",
        "There is a protective order.",
        "Es mi ex esposo.",
        "Su exmarido le pegó.",
        "Hay una orden de protección.",
    ),
    "fire_gas_chemical": (
        "I see flames.",
        "It smells of gasoline.",
        "Hay llamas.",
        "Huele a gasolina.",
    ),
    "cognitive_condition": (
        "She has Alzheimer's.",
        "He is nonverbal.",
        "Grandma is confused.",
        "La abuela está desorientada.",
    ),
    "children_alone": (
        "The kids are home alone.",
        "She left the baby.",
        "Dejó a los niños.",
        "Hay una niña sola.",
    ),
    "suicide_behaviour": (
        "She left a note.",
        "She has said her goodbyes.",
        "Se despidió de todos.",
    ),
    "suicide_means": (
        "He has a rope.",
        "She has razor blades.",
        "Compró una soga.",
        "Tiene pistolas.",
    ),
    "specific_reason_to_fear": ("He wrote a note.", "Dejó una carta."),
}
"""By question, sentences that bring it forward."""
SETS = {fact: [one for one in SHIPPED if fact in dict(rule_set(one).prompting)] for fact in SAID}


def prompted(name: str, narrative: str) -> set[str]:
    call = vocabulary().read_call({"narrative": narrative})
    questions = assess(rule_set(name), call).outlook.ask_next
    return {one.fact.name for one in questions if one.mention}


@pytest.mark.parametrize("name", [one for one in SHIPPED if rule_set(one).prompts])
def test_every_prompted_question_has_sentences_here(name):
    assert {prompt.asks for prompt in rule_set(name).prompts} <= set(SAID)


@pytest.mark.parametrize(
    ("name", "fact", "narrative"),
    [
        (name, fact, said)
        for fact, sentences in SAID.items()
        for name in SETS[fact]
        for said in sentences
    ],
)
def test_what_is_said_brings_its_question_forward(name, fact, narrative):
    assert fact in prompted(name, narrative)


@pytest.mark.parametrize(
    "narrative",
    [
        "Sits on the steps and will not leave against her will.",
        "She gave her name and a note of the address.",
        "It has begun to rain and he would like a ride.",
        "Está en la parada del autobús y pide agua.",
    ],
)
@pytest.mark.parametrize("name", SHIPPED)
def test_what_is_harmless_brings_nothing_forward(name, narrative):
    assert not prompted(name, narrative)
