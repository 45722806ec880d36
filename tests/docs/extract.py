#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Writes a program of the documents as a C file, so that it can be built and run.

Usage: extract.py readme | asynq | filter     to standard output

readme is README.md's first program as it stands, and asynq that of doc/asynq.md. filter wraps the replay filter of doc/guide.md: its argument is
a replay_until, and it filters a message id of zeros.
"""

import sys
import textwrap

from markdown import ROOT, c_blocks

AROUND_FILTER = """#include <stdio.h>
#include <stdlib.h>
#include <taskseal/redis.h>
#include <taskseal/taskseal.h>
int main(int argc, char **argv)
{
    taskseal_redis_endpoint *endpoint = NULL;
    redisContext *redis = NULL;
    taskseal_error error = {0};
    if (argc != 2 || taskseal_redis_endpoint_new(&endpoint, getenv("TASKSEAL_URI"), &error) != TASKSEAL_OK ||
        taskseal_redis_connect(endpoint, &redis, &error) != TASKSEAL_OK) {
        fprintf(stderr, "%s\\n", error.message);
        return EXIT_FAILURE;
    }
@FILTER@
    redisFree(redis);
    taskseal_redis_endpoint_free(endpoint);
    return EXIT_SUCCESS;
}
"""
OPENED = "taskseal_opened opened = {0};"


def first_program(name):
    return next(block.code for block in c_blocks((ROOT / name).read_text(), name) if "int main" in block.code)


def replay_filter():
    blocks = c_blocks((ROOT / "doc/guide.md").read_text(), "doc/guide.md")
    code, = (block.code for block in blocks if OPENED in block.code)
    code = code.replace(OPENED, "taskseal_opened opened = {.replay_until = strtoull(argv[1], NULL, 10)};")
    return AROUND_FILTER.replace("@FILTER@", textwrap.indent(code, "    ").rstrip())


if __name__ == "__main__":
    sys.stdout.write({"readme": lambda: first_program("README.md"), "asynq": lambda: first_program("doc/asynq.md"),
                      "filter": replay_filter}[sys.argv[1]]())
