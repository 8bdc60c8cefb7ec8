"""What the directory really does.

truth.py make --seed S --count N FILE      plants N states and writes them, before anything was tried
truth.py phase A|B                         A: no minimum age in the domain; B: one day
truth.py measure --phase A|B FILE          tries every operation and adds `truth` to the states of the phase
"""

import argparse
import base64
import json
import multiprocessing
import random
import uuid

from directory import Local, sign_in
from operations import answer, change, change_as_user, replace, reset
from plant import Planter, first_password
from states import draw_states
from world import DAY, PASSWORD, TICKS, World


def make(seed, count, path):
    rng = random.Random(seed)
    local = Local()
    world = World(local, seed)
    states = draw_states(rng, count)
    dns = Planter(local, world, rng).plant(states)
    tokens = [world.token(connector["dn"]) for connector in world.connectors]
    with open(path, "w", encoding="utf-8") as out:
        for state in states:
            record = describe(local, world, state, dns[state.number])
            record["connector"] = world.connectors[state.connector]["name"]
            record["connectorToken"] = tokens[state.connector]
            out.write(json.dumps(record, ensure_ascii=False) + "\n")


def describe(local, world, state, dn):
    found = local.one(dn, "objectGUID", "sAMAccountName", "nTSecurityDescriptor")
    descriptor = found["nTSecurityDescriptor"][0]
    return {
        "id": f"s{state.number:04}",
        "dn": str(dn),
        "objectGuid": str(uuid.UUID(bytes_le=bytes(found["objectGUID"][0]))),
        "sam": str(found["sAMAccountName"][0]),
        "password": first_password(state),
        "class": state.object_class,
        "phase": state.phase,
        "kind": state.kind,
        "tags": sorted(state.tags),
        "planted": state.planted,
        "protected": local.protected(descriptor),
        "sd": base64.b64encode(descriptor).decode(),
        "sddl": local.sddl(descriptor),
        "userToken": world.token(dn),
    }


def set_phase(phase):
    Local().sam.set_minPwdAge(str(-DAY * TICKS) if phase == "B" else "0")


class Worker:
    """One process: a connection for each connector account, opened when it is first needed."""

    def __init__(self):
        self.connections = {}

    def connector(self, name):
        if name not in self.connections:
            self.connections[name] = sign_in(name, PASSWORD)
        return self.connections[name]

    def measure(self, state):
        dn, connector = state["dn"], self.connector(state["connector"])
        password, truth = state["password"], {}
        # The changes come first: they need the age that was planted, and the password that is known.
        truth["change"] = change_as_user(state["sam"], dn, password, password + "b")
        if truth["change"]["answer"] == "accepted":
            password += "b"
        if not state["planted"]:
            truth["connectorChange"] = answer(change, connector, dn, password, password + "c")
        truth["lockoutTime"] = answer(replace, connector, dn, "lockoutTime", "0")
        truth["reset"] = answer(reset, connector, dn, password + "d")
        value = random.Random(state["id"]).choice(["0", "-1"])
        truth["pwdLastSet"] = answer(replace, connector, dn, "pwdLastSet", value)
        return truth


worker = None


def start_worker():
    global worker
    worker = Worker()


def measure_one(state):
    return worker.measure(state)


def measure(phase, path):
    with open(path, encoding="utf-8") as lines:
        states = [json.loads(line) for line in lines]
    chosen = [state for state in states if state["phase"] == phase]
    with multiprocessing.Pool(3, start_worker) as pool:
        for state, truth in zip(chosen, pool.imap(measure_one, chosen, 4)):
            state["truth"] = truth
    with open(path, "w", encoding="utf-8") as out:
        out.writelines(json.dumps(state, ensure_ascii=False) + "\n" for state in states)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    command = commands.add_parser("make")
    command.add_argument("--seed", type=int, default=1)
    command.add_argument("--count", type=int, default=500)
    command.add_argument("file")
    command = commands.add_parser("phase")
    command.add_argument("phase", choices=["A", "B"])
    command = commands.add_parser("measure")
    command.add_argument("--phase", choices=["A", "B"], required=True)
    command.add_argument("file")
    asked = parser.parse_args()
    if asked.command == "make":
        make(asked.seed, asked.count, asked.file)
    elif asked.command == "phase":
        set_phase(asked.phase)
    else:
        measure(asked.phase, asked.file)


if __name__ == "__main__":
    main()
