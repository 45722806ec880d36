/* SPDX-License-Identifier: MIT
 *
 * What kinds of secrets a plaintext payload seems to hold. Told are the kinds, never the values.
 */
#ifndef TASKSEAL_TOOLS_DOCTOR_SHAPES_H
#define TASKSEAL_TOOLS_DOCTOR_SHAPES_H

#include <stddef.h>

typedef enum shape {
    SHAPE_CARD,     /* 13 to 19 digits, with a card's beginning and check digit */
    SHAPE_TOKEN,    /* of a form that services give out; JSON Web Tokens */
    SHAPE_KEY,      /* a private key, or one of taskseal */
    SHAPE_PASSWORD, /* a field that is called so */
    SHAPE_MAIL,
    SHAPES
} shape;

extern const char *const shape_names[SHAPES];

/* A bit, 1 << shape, for each kind that is there. */
unsigned shapes_in(const void *data, size_t len);

#endif
