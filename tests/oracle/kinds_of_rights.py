"""Kinds of state about rights. Each function plants one idea; what else stands around it is drawn."""

from entries import CLASSES, INET_ORG_PERSON, OTHER_CLASSES, USER_CLASS, Ace
from model import Container

KINDS = {}
# What the set-up of password writeback grants (onprem 3.1).
USUAL = ("extendedRight", "lockoutTime", "pwdLastSet")


def kind(function):
    KINDS[function.__name__] = function
    return function


def container(*aces, protected=False):
    return Container(list(aces), protected)


def entries(allow, pairs, flags="", limited_to=""):
    return [Ace(allow, entry, trustee, flags, limited_to) for entry, trustee in pairs]


def usual(trustee="account", flags=""):
    return [Ace(True, entry, trustee, flags) for entry in USUAL]


def inheritable(deal):
    """Flags with which an entry of a container arrives at a user below."""
    return deal.rng.choice(["CI", "CI", "CIIO", "OICI", "OICIIO"])


def canonical(aces):
    return sorted(aces, key=lambda ace: ace.allow)


# --- explicit entries


@kind
def explicit_allow(state, deal):
    state.aces = canonical(entries(True, deal.pairs()) + deal.noise())


@kind
def explicit_deny(state, deal):
    state.aces = canonical(entries(False, deal.pairs()) + usual() + deal.noise())


@kind
def deny_before_allow(state, deal):
    pairs = deal.pairs()
    other = deal.trustees.draw()
    state.aces = canonical(
        entries(False, pairs) + entries(True, [(entry, other) for entry, _ in pairs]) + deal.noise()
    )


@kind
def allow_before_deny(state, deal):
    pairs = deal.pairs()
    other = deal.trustees.draw()
    state.aces = entries(True, pairs) + entries(False, [(entry, other) for entry, _ in pairs])
    state.aces += deal.noise()


@kind
def broad_allow_narrow_deny(state, deal):
    """An entry for everything beside one for a part of it, in either order."""
    broad = Ace(True, deal.rng.choice(["genericAll", "fullControl", "allProperties", "allExtendedRights"]), "account")
    state.aces = [broad, *entries(False, deal.pairs()), *deal.noise()]
    deal.rng.shuffle(state.aces)


@kind
def broad_deny_narrow_allow(state, deal):
    broad = Ace(False, deal.rng.choice(["genericWrite", "allProperties", "allExtendedRights", "classProperties"]), "account")
    state.aces = [broad, *entries(True, deal.pairs()), *usual("directGroup")]
    deal.rng.shuffle(state.aces)


@kind
def inherit_only_here(state, deal):
    state.aces = canonical(
        entries(deal.rng.choice([True, True, False]), deal.pairs(), deal.rng.choice(["CIIO", "OIIO", "OICIIO"]))
        + deal.noise()
    )
    if deal.rng.choice([True, False]):
        state.aces += usual("nestedGroup")


@kind
def class_limit_here(state, deal):
    """[MS-ADTS] 5.1.3.3: InheritedObjectType says nothing about the object that the entry stands on."""
    limit = deal.rng.choice([*CLASSES.values(), *OTHER_CLASSES.values()])
    state.aces = canonical(entries(True, deal.pairs(), "CI", limit) + deal.noise())


# --- entries that come from containers


@kind
def inherited_allow(state, deal):
    state.containers = [container(*canonical(entries(True, deal.pairs(), inheritable(deal)) + deal.noise()))]


@kind
def inherited_two_levels(state, deal):
    """A late grant comes when the user is there, and arrives by propagation ([MS-ADTS] 6.1.3)."""
    state.late = deal.rng.choice([True, False])
    state.containers = [
        container(*entries(True, deal.pairs(), inheritable(deal)), *deal.noise()),
        container(*deal.noise()),
    ]


@kind
def inherited_deny(state, deal):
    flags = inheritable(deal)
    state.containers = [container(*entries(False, deal.pairs(), flags), *usual(flags="CI"))]


@kind
def explicit_over_inherited_deny(state, deal):
    pairs = deal.pairs()
    state.containers = [container(*entries(False, pairs, inheritable(deal)))]
    state.aces = canonical(entries(True, pairs) + deal.noise())


@kind
def near_allow_far_deny(state, deal):
    pairs = deal.pairs()
    state.containers = [
        container(*entries(False, pairs, inheritable(deal))),
        container(*entries(True, pairs, inheritable(deal))),
    ]


@kind
def near_deny_far_allow(state, deal):
    pairs = deal.pairs()
    state.containers = [
        container(*entries(True, pairs, inheritable(deal)), *usual(flags="CI")),
        container(*entries(False, pairs, inheritable(deal))),
    ]


@kind
def denies_on_every_level(state, deal):
    state.containers = [
        container(*entries(False, deal.pairs(), inheritable(deal)), *usual(flags="CI")),
        container(*entries(False, deal.pairs(), inheritable(deal)), *usual("universalGroup", "CI")),
    ]
    state.aces = entries(False, deal.pairs())


@kind
def this_container_only(state, deal):
    state.containers = [container(*entries(True, deal.pairs(), ""), *deal.noise())]


@kind
def object_inherit_only(state, deal):
    state.containers = [container(*entries(True, deal.pairs(), deal.rng.choice(["OI", "OIIO"])), *deal.noise())]


@kind
def no_propagate(state, deal):
    """Reaches the level below and no further."""
    grant = container(*entries(True, deal.pairs(), deal.rng.choice(["CINP", "CINPIO"])))
    state.containers = deal.rng.choice([[grant], [container(*deal.noise()), grant], [grant, container(*deal.noise())]])


@kind
def limited_to_user(state, deal):
    state.containers = [container(*entries(True, deal.pairs(), inheritable(deal), USER_CLASS))]


@kind
def limited_to_other(state, deal):
    limit = deal.rng.choice([INET_ORG_PERSON, *OTHER_CLASSES.values()])
    state.containers = [container(*entries(deal.rng.choice([True, False]), deal.pairs(), inheritable(deal), limit))]
    if deal.rng.choice([True, False]):
        state.containers[0].aces += usual(flags="CI")


def of_a_class(deal):
    """All properties of a class: the object's own, or the one above it, which is not meant."""
    return [(deal.rng.choice(["classProperties", "userProperties"]), deal.trustees.draw())]


@kind
def inet_org_person(state, deal):
    state.object_class = "inetOrgPerson"
    limit = deal.rng.choice([USER_CLASS, INET_ORG_PERSON, ""])
    pairs = deal.rng.choice([deal.pairs, lambda: of_a_class(deal)])()
    state.containers = [container(*entries(True, pairs, inheritable(deal), limit))]


@kind
def inet_org_person_explicit(state, deal):
    state.object_class = "inetOrgPerson"
    pairs, rest = of_a_class(deal) + deal.pairs(), deal.rng.choice([[], usual("localGroup")])
    state.aces = canonical(entries(deal.rng.choice([True, True, False]), pairs) + rest)


@kind
def protected_user(state, deal):
    state.containers = [container(*usual(flags="CI"))]
    state.protected = True
    state.aces = canonical(entries(True, deal.pairs())) if deal.rng.choice([True, False]) else []


@kind
def protected_container(state, deal):
    state.containers = [container(*usual(flags="CI")), container(*deal.noise(), protected=True)]
    if deal.rng.choice([True, False]):
        state.containers[1].aces += entries(True, deal.pairs(), inheritable(deal))


# --- owners, and descriptors out of the ordinary


@kind
def owner(state, deal):
    """Owning gives neither the reset nor a write ([MS-DTYP] 2.5.3.2)."""
    state.owned = True
    state.aces = canonical(entries(deal.rng.choice([True, False]), deal.pairs()) + deal.noise())


@kind
def owner_rights(state, deal):
    """An entry for the owner, whoever that is: here mostly the account."""
    state.owned = deal.rng.choice([True, True, False])
    pairs = [(deal.entries.draw(), "ownerRights")]
    state.aces = canonical(entries(True, pairs) + deal.noise())


@kind
def creator_owner(state, deal):
    state.owned = deal.rng.choice([True, True, False])
    state.containers = [container(Ace(True, deal.entries.draw(), "creatorOwner", inheritable(deal)))]


@kind
def shuffled(state, deal):
    """Inherited and explicit entries in any order, as only a careless program stores them."""
    state.raw = "shuffle"
    pairs = deal.pairs()
    state.containers = [container(*entries(deal.rng.choice([True, False]), pairs, "CI"))]
    state.aces = entries(False, deal.pairs()) + entries(True, deal.pairs()) + usual()


@kind
def shuffled_inherited_first(state, deal):
    state.raw = "inheritedFirst"
    pairs = deal.pairs()
    state.containers = [container(*entries(deal.rng.choice([True, False]), pairs, "CI"))]
    state.aces = entries(deal.rng.choice([True, False]), pairs) + deal.noise()


@kind
def bare(state, deal):
    """No list, an empty list, or one that lets everybody read and no more."""
    state.raw = deal.rng.choice(["null", "null", "empty", "readers", "readers", "readers"])
    state.aces = usual()


@kind
def anything(state, deal):
    def some(flags):
        draw = deal.rng.choice
        return [Ace(draw([True, True, False]), entry, trustee, draw(flags)) for entry, trustee in deal.pairs()]

    flags = ["CI", "CIIO", "", "OICI", "CINP", "OI"]
    state.containers = [container(*some(flags), *deal.noise()), container(*some(flags), protected=deal.rng.random() < 0.1)]
    state.aces = some(["", "", "", "CIIO"]) + deal.noise()
    state.protected = deal.rng.random() < 0.1
    state.schema_aces = deal.rng.random() < 0.8
    state.object_class = deal.rng.choice(["user", "user", "inetOrgPerson"])
