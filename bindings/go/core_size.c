/* SPDX-License-Identifier: MIT
 * Made by bundle.py of lib/core/size.c; do not edit. */
/* SPDX-License-Identifier: MIT */
#include "core.h"

uint64_t taskseal_size(taskseal_size_id which)
{
    switch (which) {
#define TELL(name, value)                                                                                    \
    case TASKSEAL_SIZE_##name:                                                                               \
        return TASKSEAL_##name;
        TASKSEAL_SIZES(TELL)
#undef TELL
    }
    return 0;
}
