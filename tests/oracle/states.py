"""Draws the states of a run from its seed."""

import kinds_of_rights
import kinds_of_users
from entries import ENTRIES, Ace
from model import State
from world import CONNECTORS

KINDS = {**kinds_of_rights.KINDS, **kinds_of_users.KINDS}

PAIR_ENTRIES = [
    "extendedRight", "allExtendedRights", "lockoutTime", "pwdLastSet", "propertySet", "classProperties",
    "userProperties", "allProperties", "genericAll", "genericWrite", "fullControl", "changePassword", "readAndWriteAll",
    "wrongMaskOfRight",
]
PAIR_TRUSTEES = [
    "account", "directGroup", "nestedGroup", "universalGroup", "localGroup", "primaryGroup", "builtinGroup",
    "everyone", "authenticatedUsers", "domainUsers", "users", "preWindows2000", "network", "self", "stranger",
    "distribution",
]
# Entries that give nothing that is measured, and trustees that the account is not.
IDLE_ENTRIES = ["otherRight", "otherProperty", "otherPropertySet", "readProperty"]
# What gives nothing in Active Directory and something in Samba (left_out.py): denied only.
DENIED_ENTRY = "wrongMaskOfProperty"
IDLE_TRUSTEES = ["stranger", "interactive", "distribution"]


class Deck:
    """Deals every card once before any comes again, so that each class of state occurs."""

    def __init__(self, rng, cards):
        self.rng, self.cards, self.left = rng, list(cards), []

    def draw(self):
        if not self.left:
            self.left = self.rng.sample(self.cards, len(self.cards))
        return self.left.pop()


class Dealer:
    """What a kind of state may ask for while it is drawn."""

    def __init__(self, rng):
        self.rng = rng
        self.kinds = Deck(rng, KINDS)
        self.entries = Deck(rng, PAIR_ENTRIES)
        self.trustees = Deck(rng, PAIR_TRUSTEES)

    def pairs(self):
        return [(self.entries.draw(), self.trustees.draw()) for _ in range(self.rng.choice([1, 1, 2, 3]))]

    def noise(self):
        draw = self.rng.choice
        found = []
        for _ in range(draw([0, 0, 1, 2])):
            if draw([True, False]):
                entry, trustee = draw(IDLE_ENTRIES), draw(PAIR_TRUSTEES)
            else:
                entry, trustee = draw(PAIR_ENTRIES), draw(IDLE_TRUSTEES)
            found.append(Ace(draw([True, False]), entry, trustee))
        if draw([True, False, False, False]):
            found.append(Ace(False, DENIED_ENTRY, draw(PAIR_TRUSTEES)))
        return found


def draw_states(rng, count):
    dealer = Dealer(rng)
    states = []
    for number in range(1, count + 1):
        kind = dealer.kinds.draw()
        state = State(number, kind)
        KINDS[kind](state, dealer)
        choose_connector(state, rng)
        add_tags(state)
        states.append(state)
    return states


def every_class():
    """What has to occur, so that a class that was never drawn is seen too."""
    trustees = {*PAIR_TRUSTEES, *IDLE_TRUSTEES, "ownerRights", "creatorOwner"}
    return {
        *(f"kind {kind}" for kind in KINDS),
        *(f"entry {entry}" for entry in ENTRIES),
        *(f"trustee {trustee}" for trustee in trustees),
    }


def all_aces(state):
    return [ace for part in (state.aces, state.aces_after, *(c.aces for c in state.containers)) for ace in part]


def choose_connector(state, rng):
    """One that has every trustee which the entries name."""
    needed = {ace.trustee for ace in all_aces(state)}
    fitting = [
        number
        for number, kind in enumerate(CONNECTORS)
        if ("primaryGroup" not in needed or kind["primary"]) and ("builtinGroup" not in needed or kind["builtin"])
    ]
    state.connector = rng.choice(fitting)


def add_tags(state):
    state.tags.add(f"kind {state.kind}")
    state.tags.add(f"class {state.object_class}")
    for ace in all_aces(state):
        state.tags.add(f"entry {ace.entry}")
        state.tags.add(f"trustee {ace.trustee}")
        state.tags.add("allow" if ace.allow else "deny")
        if ace.limited_to:
            state.tags.add("limited to a class")
    inherited = any(container.aces for container in state.containers)
    if state.aces or state.aces_after:
        state.tags.add("explicit entries")
    if inherited:
        state.tags.add("entries of containers")
    if inherited and (state.aces or state.aces_after):
        state.tags.add("explicit and of containers")
    for part in (state.aces + state.aces_after, *(container.aces for container in state.containers)):
        order = [ace.allow for ace in part]
        if len(set(order)) == 2:
            state.tags.add("canonical order" if order == sorted(order) else "other order")
