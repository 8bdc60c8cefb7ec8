"""A state: what is planted about one user, and nothing of what the directory makes of it."""

from dataclasses import dataclass, field


@dataclass
class Container:
    """An OU of one state; without a name it is called after the state."""

    aces: list = field(default_factory=list)
    protected: bool = False
    name: str = ""


@dataclass
class State:
    number: int
    kind: str
    # B: the domain has a minimum age. A: it has none.
    phase: str = "A"
    connector: int = 0
    object_class: str = "user"
    # The explicit entries, in the order in which they are stored, around those of the schema.
    aces: list = field(default_factory=list)
    aces_after: list = field(default_factory=list)
    schema_aces: bool = True
    protected: bool = False
    owned: bool = False
    # Bytes that the directory itself would not write: shuffle, inheritedFirst, null, empty, readers.
    raw: str = ""
    containers: list = field(default_factory=list)
    # The containers get their entries when the user is already there.
    late: bool = False
    # What stands about the user apart from rights.
    planted: dict = field(default_factory=dict)
    tags: set = field(default_factory=set)
