# SPDX-License-Identifier: MIT
"""Builds of the core for other machines and for MemorySanitizer, and how their programs are run."""

import dataclasses
import json
import os
import pathlib
import shutil
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
DEPS = ROOT / ".deps"
WORK = ROOT / "build/machines"
SUITES = {"core", "vectors", "primitives", "fuzz"}
OPTIONS = ["-Dwerror=true", "-Dtests=enabled", *(f"-D{part}=disabled" for part in ("redis", "tools", "examples",
                                                                                   "bench"))]


class Failure(Exception):
    """Something that should have worked; says what."""


class Missing(Exception):
    """A tool or a library is not there; says which."""


@dataclasses.dataclass(frozen=True)
class Machine:
    """One that is emulated, or (with no qemu) this one under MemorySanitizer."""
    name: str
    debian: str = ""
    triplet: str = ""
    qemu: str = ""
    family: str = ""
    endian: str = "little"

    @property
    def kind(self):
        return f"{self.endian}-endian" + (", 32 bits" if self.family == "arm" else "")

    @property
    def wrapper(self):
        return [self.qemu, "-L", f"/usr/{self.triplet}"] if self.qemu else []

    def require(self):
        """Raises Missing if script/bootstrap --deep has not set up what this machine needs."""
        for tool in (f"{self.triplet}-gcc", f"{self.triplet}-ar", self.qemu):
            if shutil.which(tool) is None:
                raise Missing(f"{tool} is not installed (script/bootstrap --deep)")
        for needed in (DEPS / self.debian / "unpacked", DEPS / self.debian / "libsodium/lib/libsodium.a",
                       pathlib.Path(f"/usr/{self.triplet}/lib")):
            if not needed.exists():
                raise Missing(f"there is no {needed} (script/bootstrap --deep)")


S390X = Machine("s390x", "s390x", "s390x-linux-gnu", "qemu-s390x", "s390x", "big")
AARCH64 = Machine("aarch64", "arm64", "aarch64-linux-gnu", "qemu-aarch64", "aarch64")
ARMHF = Machine("armhf", "armhf", "arm-linux-gnueabihf", "qemu-arm", "arm")
MACHINES = (S390X, AARCH64, ARMHF)


@dataclasses.dataclass(frozen=True)
class Build:
    """A folder that Meson has set up."""
    machine: Machine
    folder: pathlib.Path

    def tests(self, suites):
        """Those tests that run a program of this build, or give one to a script."""
        for test in self.introspect("--tests"):
            if suites & {suite.rpartition(":")[2] for suite in test["suite"]} and test["depends"]:
                yield test

    def introspect(self, what):
        output = run(["meson", "introspect", what, self.folder], f"meson introspect {what}").stdout
        return json.loads(output)

    def compile(self, tests):
        """Builds the programs that these tests need, and nothing else."""
        wanted = {target for test in tests for target in test["depends"]}
        files = [os.path.relpath(name, self.folder) for target in self.introspect("--targets")
                 if target["id"] in wanted for name in target["filename"]]
        run(["ninja", "-C", self.folder, "-j2", *sorted(files)], f"building {self.folder.relative_to(ROOT)}")

    def command(self, test):
        """The test's command, in which each program of the other machine is run by the emulator."""
        return [self.emulated(part) for part in test["cmd"]]

    def emulated(self, argument):
        program = pathlib.Path(os.path.normpath(self.folder / argument))
        inside = self.folder in program.parents and program.is_file() and os.access(program, os.X_OK)
        if not inside or not self.machine.qemu:
            return argument
        script = program.with_name(program.name + ".emulated")
        script.write_text("#!/bin/sh\nexec " + " ".join([*self.machine.wrapper, f"'{program}'"]) + ' "$@"\n')
        script.chmod(0o755)
        return str(script)


def run(command, what, **options):
    done = subprocess.run([str(part) for part in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          check=False, **options)
    if done.returncode != 0:
        raise Failure(f"{what} failed:\n" + "\n".join(done.stdout.splitlines()[-30:]))
    return done


# ---- Setting up ----------------------------------------------------------------------------------------------

def cross_file(machine, libraries):
    """What tells Meson of the machine, and of the folder that holds the libraries' .pc files."""
    path = WORK / f"{machine.name}-{libraries}.ini"
    root = DEPS / machine.debian / libraries
    path.write_text(f"""[binaries]
c = '{machine.triplet}-gcc'
ar = '{machine.triplet}-ar'
strip = '{machine.triplet}-strip'
pkgconfig = 'pkg-config'
exe_wrapper = {machine.wrapper}
[properties]
sys_root = '{root}'
pkg_config_libdir = '{root}/usr/lib/{machine.triplet}/pkgconfig'
[host_machine]
system = 'linux'
cpu_family = '{machine.family}'
cpu = '{machine.family}'
endian = '{machine.endian}'
""")
    return path


def set_up(machine, folder, arguments, source=ROOT, environment=None):
    """Sets up a folder, anew if it was set up in another way."""
    wanted = "\n".join(map(str, [source, (DEPS / "deep-stamp").read_text() if (DEPS / "deep-stamp").exists() else "",
                                 *arguments]))
    mark = folder / ".configured"
    if not mark.exists() or mark.read_text() != wanted:
        shutil.rmtree(folder, ignore_errors=True)
        folder.parent.mkdir(parents=True, exist_ok=True)
        run(["meson", "setup", folder, source, *OPTIONS, *arguments], f"setting up {folder.relative_to(ROOT)}",
            env={**os.environ, **(environment or {})})
        mark.write_text(wanted)
    return Build(machine, folder)


def foreign(machine, bundled, folder=None, source=ROOT):
    """With the libsodium that script/bootstrap built for the machine, or with Debian's."""
    WORK.mkdir(parents=True, exist_ok=True)
    sodium = DEPS / machine.debian / "libsodium" if bundled else "system"
    name = f"{machine.name}-{'bundled' if bundled else 'system'}"
    cross = cross_file(machine, "check" if bundled else "debian")
    return set_up(machine, folder or WORK / name, ["--cross-file", cross, f"-Dsodium={sodium}"], source)


def sodium_version(machine, bundled):
    """By the library's own .pc file."""
    root = DEPS / machine.debian
    path = (root / "libsodium/lib" if bundled else root / "debian/usr/lib" / machine.triplet) / "pkgconfig/libsodium.pc"
    for line in path.read_text().splitlines():
        if line.startswith("Version:"):
            return line.partition(":")[2].strip()
    raise Failure(f"{path} names no version")
