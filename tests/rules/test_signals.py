"""The words of a note that tell a signal, and those that only look so."""

from pathlib import Path

import pytest

from console.rules.files import load_data
from console.rules.signals import Signal, signals_in

WORDS = load_data(Path(__file__).parents[2]).signals
PRICE, COMPLAINT = Signal.PRICE, Signal.COMPLAINT


@pytest.mark.parametrize(
    ("note", "told"),
    [
        ("Demande un prix plus bas : budget serré en fin d’année.", {PRICE}),
        ("Trouve ça cher", {PRICE}),
        ("TROP CHÈRE", {PRICE}),
        ("Ne renouvelle pas car trop cher", {PRICE}),
        ("Ne renouvelle pas : trop cher", {PRICE}),
        ("demande plus de remise", {PRICE}),
        ("Souhaite payer moins cher.", {PRICE}),
        ("ce n’est pas trop cher", set()),
        ("n'a jamais demandé de réduction", set()),
        ("sans demander de rabais", set()),
        ("remise à niveau en Excel", set()),
        ("remise du certificat en mai", set()),
        ("Se plaint du dernier atelier", {COMPLAINT}),
        ("s’est plainte du chat", {COMPLAINT}),
        ("n'est pas content du formateur", {COMPLAINT}),
        ("Mécontente, déçue", {COMPLAINT}),
        ("plainte jamais traitée", {COMPLAINT}),
        ("La réclamation n'est pas réglée", {COMPLAINT}),
        ("Pas de plainte.", set()),
        ("aucune réclamation", set()),
        ("Elle ne se plaint pas", set()),
        ("se plaint pas", set()),
        ("n'a pas fait de réclamation", set()),
        ("plus de plainte depuis mars", set()),
        ("Plaintes : néant", set()),
        ("pas mécontent", set()),
        ("Ni plainte ni litige", set()),
        ("Trop cher, et se plaint de l’atelier du 3", {PRICE, COMPLAINT}),
        ("Pas de plainte, mais trop cher", {PRICE}),
        ("Préfère être appelée le matin", set()),
        ("complaintes de Bretagne", set()),
        ("", set()),
    ],
)
def test_what_a_note_tells(note: str, told: set[Signal]) -> None:
    assert signals_in(note, WORDS) == told
