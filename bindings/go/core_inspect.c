/* SPDX-License-Identifier: MIT
 * Made by bundle.py of lib/core/inspect.c; do not edit. */
/* SPDX-License-Identifier: MIT */
#include "core.h"

static void describe(const taskseal__header *header, taskseal_info *info)
{
    memset(info, 0, sizeof *info);
    info->version = 1;
    info->suite = (uint8_t)header->suite;
    info->purpose = (uint8_t)header->purpose;
    info->padded = header->padded;
    info->bound = header->bound;
    info->stanza_count = (uint8_t)header->stanza_count;
    info->sealed_at = header->sealed_at;
    info->expires_at = header->expires_at;
    info->header_len = taskseal__header_len(header);
    info->payload_len = header->payload_len;
    memcpy(info->message_id, header->commitment, sizeof info->message_id);
    for (size_t i = 0; i < header->stanza_count; i++) {
        info->stanzas[i].type = header->stanzas[i].type;
        memcpy(info->stanzas[i].key_id, header->stanzas[i].key_id, header->stanzas[i].key_id_len);
    }
}

taskseal_err taskseal_inspect(const void *sealed, size_t sealed_len, taskseal_info *info)
{
    taskseal__header header;
    if ((sealed == NULL && sealed_len != 0) || info == NULL)
        return TASKSEAL_ERR_BAD_ARGUMENT;
    taskseal_err err = taskseal__header_parse(&header, sealed, sealed_len);
    if (err == TASKSEAL_OK)
        describe(&header, info);
    return err;
}

taskseal_err taskseal_message_id(const void *sealed, size_t sealed_len, uint8_t id[TASKSEAL_MESSAGE_ID_BYTES])
{
    taskseal__header header;
    if ((sealed == NULL && sealed_len != 0) || id == NULL)
        return TASKSEAL_ERR_BAD_ARGUMENT;
    taskseal_err err = taskseal__header_parse(&header, sealed, sealed_len);
    if (err == TASKSEAL_OK)
        memcpy(id, header.commitment, TASKSEAL_MESSAGE_ID_BYTES);
    return err;
}
