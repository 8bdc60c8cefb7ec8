"""Kinds of state about the user: the own change, the age of the password, the account, the place."""

from entries import Ace
from kinds_of_rights import container, usual

KINDS = {}


def kind(function):
    KINDS[function.__name__] = function
    return function


# --- the user's own change


def denied_change(state, *trustees):
    state.containers = [container(*usual(flags="CI"))]
    state.aces = [Ace(False, "changePassword", trustee) for trustee in trustees]


@kind
def cannot_change_self(state, deal):
    denied_change(state, "self")


@kind
def cannot_change_everyone(state, deal):
    denied_change(state, "everyone")


@kind
def cannot_change(state, deal):
    """What the tools write for "user cannot change password"."""
    denied_change(state, "self", "everyone")


@kind
def change_allowed_first(state, deal):
    """A deny behind the allow of the schema denies nothing."""
    state.containers = [container(*usual(flags="CI"))]
    trustees = deal.rng.choice([["self"], ["everyone"], ["self", "everyone"]])
    state.aces_after = [Ace(False, "changePassword", trustee) for trustee in trustees]


@kind
def change_denied_broadly(state, deal):
    state.containers = [container(*usual(flags="CI"))]
    entry = deal.rng.choice(["allExtendedRights", "changePassword"])
    trustee = deal.rng.choice(["self", "authenticatedUsers", "domainUsers", "users", "account", "stranger"])
    place = [Ace(False, entry, trustee, deal.rng.choice(["", "CI"]))]
    if deal.rng.choice([True, False]):
        state.aces = place
    else:
        state.containers[0].aces = [Ace(False, entry, trustee, "CI"), *state.containers[0].aces]


# --- the age of the password


def aged(state, deal, phase, bound, how, **policies):
    """A password younger or older than the bound, in seconds, by a clear margin: minutes pass between what the
    product says and what is tried."""
    state.phase = phase
    state.containers = [container(*usual(flags="CI"))]
    factor = {"young": [0.0, 0.1, 0.5, 0.95], "old": [1.05, 1.5, 3.0]}[how]
    age = int(bound * deal.rng.choice(factor))
    state.planted = {"passwordAge": min(age, bound - 1800) if how == "young" else age, **policies}


@kind
def age_domain_young(state, deal):
    aged(state, deal, "B", 86400, "young")


@kind
def age_domain_old(state, deal):
    aged(state, deal, "B", 86400, "old")


@kind
def age_policy_of_user(state, deal):
    name, bound = deal.rng.choice([("long", 86400), ("short", 3600)])
    aged(state, deal, deal.rng.choice("AB"), bound, deal.rng.choice(["young", "old"]), policyOfUser=[name])


@kind
def age_policy_of_group(state, deal):
    name, bound = deal.rng.choice([("long", 86400), ("short", 3600)])
    aged(state, deal, deal.rng.choice("AB"), bound, deal.rng.choice(["young", "old"]), policyOfGroup=[name])


@kind
def age_policy_lifts_domain(state, deal):
    where = deal.rng.choice(["policyOfUser", "policyOfGroup"])
    aged(state, deal, "B", 86400, "young", **{where: ["zero"]})


@kind
def age_policy_precedence(state, deal):
    """[MS-ADTS] 3.1.1.4.5.36: one of the user itself before any of a group, then the lowest number."""
    planted = deal.rng.choice([
        ("zero", {"policyOfGroup": ["zero", "short"]}),
        ("zero", {"policyOfUser": ["zero"], "policyOfGroup": ["long"]}),
        ("long", {"policyOfGroup": ["long", "zero"]}),
        ("short", {"policyOfUser": ["short"], "policyOfGroup": ["long", "zero"]}),
    ])
    bound = {"zero": 86400, "short": 3600, "long": 86400}[planted[0]]
    aged(state, deal, deal.rng.choice("AB"), bound, deal.rng.choice(["young", "old"]), **planted[1])


# --- the state of the account


def account_state(state, deal, **planted):
    state.containers = [container(*usual(flags="CI"))]
    state.planted = planted


@kind
def disabled(state, deal):
    account_state(state, deal, disabled=True)


@kind
def locked(state, deal):
    account_state(state, deal, locked=True)


@kind
def lock_is_over(state, deal):
    account_state(state, deal, lockOver=True)


@kind
def expired(state, deal):
    account_state(state, deal, expired=True)


@kind
def must_change(state, deal):
    account_state(state, deal, mustChange=True)


@kind
def smart_card(state, deal):
    account_state(state, deal, smartCard=True)


RESERVED = [",", "+", '"', "\\", "<", ">", ";", "=", "/", " lead", "#lead", "trail "]


@kind
def reserved_name(state, deal):
    character = deal.rng.choice(RESERVED)
    state.containers = [container(), container(*usual(flags="CI"))]
    named = state.containers[deal.rng.choice([0, 1])]
    named.name = character.replace("lead", f"{state.number}") if "lead" in character else (
        f"{state.number}" + character.replace("trail", "") if "trail" in character else f"a{character}{state.number}"
    )
    state.planted = {"reserved": character}


@kind
def harmless_name(state, deal):
    """Characters that look reserved and are not."""
    state.containers = [container(), container(*usual(flags="CI"))]
    character = deal.rng.choice(["#", " ", "'", "(", "&", "*", ".", "é", "_", "-"])
    state.containers[deal.rng.choice([0, 1])].name = f"a{character}{state.number}"
    state.planted = {"harmless": character}
