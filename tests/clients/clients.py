# SPDX-License-Identifier: MIT
"""The clients that are measured, and how each is installed into build/clients. Versions are pinned: what is measured
is what the table says. What this machine lacks a tool for is Missing, and is left out of the measurement."""

import os
import pathlib
import re
import shutil
import subprocess
from typing import Callable, NamedTuple

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
BUILD = ROOT / "build/clients"
DRIVERS = HERE / "drivers"
NATIVE = BUILD / "native/tests/clients"
SERVERS = BUILD / "native/tests/redis/redis-rows"
PYTHON = "/usr/bin/python3"


class Missing(Exception):
    """Says what this machine lacks."""


class Client(NamedTuple):
    name: str
    title: str
    version: str         # "": as the installer says
    origin: str
    lists: bool          # it takes a revocation list, without code of one's own
    install: Callable    # of the client; returns the version
    command: tuple
    environment: dict = {}


def need(tool, package):
    found = shutil.which(tool)
    if not found:
        raise Missing(f"there is no {tool} (apt-get install {package})")
    return found


def do(*command, folder=None, **environment):
    """Runs a command, its output to the log; Missing with its last words if it fails."""
    BUILD.mkdir(parents=True, exist_ok=True)
    done = subprocess.run([str(word) for word in command], cwd=folder, env={**os.environ, **environment},
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    with open(BUILD / "install.log", "a", encoding="utf-8") as log:
        log.write(f"$ {' '.join(map(str, command))}\n{done.stdout}\n")
    if done.returncode != 0:
        raise Missing(f"{command[0]} failed: {done.stdout.strip().splitlines()[-1:]} (build/clients/install.log)")
    return done.stdout


def fresh(name, *drivers):
    """An empty folder of build/clients with copies of the drivers."""
    folder = BUILD / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for driver in drivers:
        shutil.copy(DRIVERS / driver, folder)
    return folder


# ---- How each kind is installed ------------------------------------------------------------------------------------


def build_native(*targets):
    if not (BUILD / "native/build.ninja").exists():
        do(need("meson", "meson"), "setup", BUILD / "native", ROOT)
    do(need("ninja", "ninja-build"), "-C", BUILD / "native", *(target.relative_to(BUILD / "native") for target in targets))


def own_version():
    return re.search(r"version: '([\d.]+)'", (ROOT / "meson.build").read_text()).group(1)


def native(client):
    build_native(client.command[0])
    if client.name == "taskseal":
        return own_version()
    return re.search(r"hiredis-([\d.]+)", (ROOT / "subprojects/hiredis.wrap").read_text()).group(1)


def shell(client):
    tool = client.command[-1]
    text = do(need(tool, tool.replace("-cli", "-tools")), "--version")
    return re.search(r"[\d.]+", text).group()


def from_pypi(client):
    folder = BUILD / "python"
    if not folder.exists():
        do(PYTHON, "-m", "venv", folder)
    do(folder / "bin/pip", "install", "-q", f"{client.origin.split()[1]}=={client.version}")
    return client.version


def from_debian_python(client):
    folder = fresh("debian")
    packages = ("python3-redis", "python3-deprecated", "python3-async-timeout", "python3-packaging", "python3-wrapt")
    do(need("apt-get", "apt"), "download", "-q", *packages, folder=folder)
    for package in folder.glob("*.deb"):
        do("dpkg", "-x", package, folder)
    return re.search(r"python3-redis_([\d.]+)", " ".join(path.name for path in folder.glob("*.deb"))).group(1)


def from_npm(client):
    need("node", "nodejs")
    folder = BUILD / "node"
    folder.mkdir(parents=True, exist_ok=True)
    for driver in DRIVERS.glob("*.js"):
        shutil.copy(driver, folder)
    package = f"{client.origin.split()[1]}@{client.version}"
    do(need("npm", "npm"), "install", "--silent", "--no-fund", "--no-audit", package, folder=folder)
    return client.version


def from_go(client):
    go = need("go", "golang, 1.21 or newer")
    folder = fresh(client.name, "common.go", client.name.replace("-", "") + ".go")
    do(go, "mod", "init", "driver", folder=folder)
    do(go, "get", f"{client.origin.split()[1]}@v{client.version}", folder=folder)
    do(go, "build", "-o", "driver", ".", folder=folder, GOFLAGS="-mod=mod")
    return client.version


def from_go_here(client):
    go = need("go", "golang, 1.24 or newer")
    folder = fresh(client.name, "common.go", client.name + ".go")
    do(go, "mod", "init", "driver", folder=folder)
    for module in ("bindings/go", "bindings/go/asynqseal"):
        do(go, "mod", "edit", f"-replace=github.com/taskseal/taskseal/{module}={ROOT / module}", folder=folder)
    do(go, "mod", "tidy", folder=folder)
    do(go, "build", "-o", "driver", ".", folder=folder, GOFLAGS="-mod=mod")
    return own_version()


def from_crates(client):
    folder = fresh(client.name)
    (folder / "src").mkdir()
    shutil.copy(DRIVERS / "redis_rs.rs", folder / "src/main.rs")
    features = '"tokio-rustls-comp", "tls-rustls", "connection-manager"'
    (folder / "Cargo.toml").write_text(
        '[package]\nname = "driver"\nversion = "0.0.0"\nedition = "2021"\n\n[dependencies]\n'
        f'redis = {{ version = "={client.version}", features = [{features}] }}\n'
        'rustls = "0.23"\ntokio = { version = "1", features = ["rt", "macros", "time"] }\n')
    do(need("cargo", "cargo"), "build", "-q", "--target-dir", BUILD / "cargo", folder=folder)
    return client.version


def from_maven(client):
    javac = need("javac", "default-jdk-headless")
    driver = client.command[3] + ".java"
    folder = fresh(client.name, "Common.java", driver)
    group, artifact = client.origin.split()[1].split(":")
    (folder / "pom.xml").write_text(
        "<project><modelVersion>4.0.0</modelVersion><groupId>driver</groupId><artifactId>driver</artifactId>"
        f"<version>0</version><dependencies><dependency><groupId>{group}</groupId><artifactId>{artifact}</artifactId>"
        f"<version>{client.version}</version></dependency></dependencies></project>\n")
    do(need("mvn", "maven"), "-q", "-B", "dependency:copy-dependencies", "-DoutputDirectory=lib", folder=folder)
    do(javac, "-cp", "lib/*", "-d", ".", "Common.java", driver, folder=folder)
    return client.version


# ---- What TLS comes from -------------------------------------------------------------------------------------------

ENGINES = {"OpenSSL": ("openssl", "version"), "OpenSSL of Node": ("node", "-p", "process.versions.openssl"),
           "Node": ("node", "--version"), "Python": (PYTHON, "--version"), "Go": ("go", "version"),
           "Java": ("java", "--version"), "Rust": ("rustc", "--version")}


def engines():
    found = {}
    for name, command in ENGINES.items():
        if shutil.which(command[0]):
            text = subprocess.run(command, capture_output=True, text=True, check=False).stdout
            found[name] = re.search(r"\d+\.[\w.]+", text).group()
    return found


# ---- The clients -----------------------------------------------------------------------------------------------------


def python(interpreter, *words):
    return (interpreter, DRIVERS / words[0], *words[1:])


def node(driver, *words):
    return ("node", BUILD / "node" / driver, *words)


def java(name, driver, *words):
    return ("java", "-cp", f"{BUILD / name}/lib/*:{BUILD / name}", driver, *words)


VENV = BUILD / "python/bin/python"
DEBIAN_PATH = {"PYTHONPATH": str(BUILD / "debian/usr/lib/python3/dist-packages")}
CHECKED = "ssl_check_hostname"

CLIENTS = (
    Client("taskseal", "taskseal", "", "this tree", True, native, (NATIVE / "driver-taskseal",)),
    Client("redistls", "taskseal for Go, `redistls`", "", "this tree", True, from_go_here, (BUILD / "redistls/driver",)),
    Client("hiredis", "hiredis, hiredis_ssl", "", "subprojects/hiredis.wrap", False, native,
           (NATIVE / "driver-hiredis",)),
    Client("redis-cli", "redis-cli", "", "Debian redis-tools", False, shell,
           python(PYTHON, "cli.py", "redis-cli")),
    Client("valkey-cli", "valkey-cli", "", "Debian valkey-tools", False, shell,
           python(PYTHON, "cli.py", "valkey-cli")),
    Client("debian-redis-py", "Debian 12's redis-py", "", "Debian python3-redis",
           False, from_debian_python, python(PYTHON, "redis_py.py", "redis"), DEBIAN_PATH),
    Client("debian-redis-py-name", "Debian 12's redis-py, `ssl_check_hostname=True`", "", "Debian python3-redis",
           False, from_debian_python, python(PYTHON, "redis_py.py", "redis", CHECKED), DEBIAN_PATH),
    Client("redis-py", "redis-py", "8.1.0", "PyPI redis", True, from_pypi,
           python(VENV, "redis_py.py", "redis")),
    Client("valkey-py", "valkey-py", "6.2.0", "PyPI valkey", False, from_pypi, python(VENV, "redis_py.py", "valkey")),
    Client("valkey-py-name", "valkey-py, `ssl_check_hostname=True`", "6.2.0", "PyPI valkey", False, from_pypi,
           python(VENV, "redis_py.py", "valkey", CHECKED)),
    Client("ioredis", "ioredis", "6.0.0", "npm ioredis", True, from_npm, node("ioredis.js", "ioredis")),
    Client("iovalkey", "iovalkey", "0.4.0", "npm iovalkey", True, from_npm, node("ioredis.js", "iovalkey")),
    Client("node-redis", "node-redis", "6.3.1", "npm redis", True, from_npm, node("node_redis.js")),
    Client("go-redis", "go-redis", "9.23.0", "Go github.com/redis/go-redis/v9", False, from_go,
           (BUILD / "go-redis/driver",)),
    Client("rueidis", "rueidis", "1.0.79", "Go github.com/redis/rueidis", False, from_go,
           (BUILD / "rueidis/driver",)),
    Client("redis-rs", "redis-rs, rustls", "1.8.1", "crates redis", False, from_crates,
           (BUILD / "cargo/debug/driver",)),
    Client("lettuce", "Lettuce", "7.7.0.RELEASE", "Maven io.lettuce:lettuce-core", False, from_maven,
           java("lettuce", "Lettuce")),
    Client("jedis", "Jedis, `SslOptions`", "8.0.2", "Maven redis.clients:jedis", False, from_maven,
           java("jedis", "Jedis", "options")),
    Client("jedis-factory", "Jedis, `sslSocketFactory`", "8.0.2", "Maven redis.clients:jedis", False, from_maven,
           java("jedis-factory", "Jedis", "factory")),
)
