/* SPDX-License-Identifier: MIT */
#include "print.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "../common/print.h"
#include "payloads.h"

static size_t count(const findings *all, verdict how)
{
    size_t sum = 0;

    for (size_t i = 0; i < all->count; i++)
        sum += all->list[i].verdict == how;
    return sum;
}

/* ---- For people ---- */

static const char fix_mark[] = " | fix: ";

/* Names in certificates, say, are anybody's text: what looks like our mark of a fix in them is no advice of ours. */
static void print_evidence(const char *evidence)
{
    char text[EVIDENCE_MAX];

    snprintf(text, sizeof text, "%s", evidence);
    for (char *mark = strstr(text, fix_mark); mark != NULL; mark = strstr(mark, fix_mark))
        mark[1] = '/';
    print_safe(stdout, text);
}

void doctor_print(const doctor *self)
{
    const findings *all = &self->found;

    for (size_t i = 0; i < all->count; i++) {
        const finding *one = &all->list[i];
        printf("%-8s%-22s", verdict_names[one->verdict], one->check);
        print_evidence(one->evidence);
        if (one->fix[0] != '\0') {
            fputs(fix_mark, stdout);
            print_safe(stdout, one->fix);
        }
        fputc('\n', stdout);
    }
    fputs("\n", stdout);
    if (self->payloads != NULL)
        payloads_print(self->payloads);
    print_safe(stdout, self->server);
    fputs(": ", stdout);
    for (int how = VERDICTS - 1; how >= 0; how--)
        printf("%zu %s%s", count(all, (verdict)how), verdict_names[how], how > 0 ? ", " : "\n");
}

/* ---- For programs ---- */

static void json_field(const char *key, const char *value)
{
    printf(",\"%s\":", key);
    print_json_string(stdout, value);
}

void doctor_print_json(const doctor *self)
{
    const findings *all = &self->found;

    printf("{\"worst\":\"%s\"", verdict_names[findings_worst(all)]);
    json_field("server", self->server);
    json_field("user", self->user);
    printf(",\"connected\":%s", self->redis != NULL ? "true" : "false");
    if (self->has_days)
        printf(",\"days_to_expiry\":%d,\"chain_days_to_expiry\":%d", self->leaf_days, self->chain_days);
    fputs(",\"findings\":[", stdout);
    for (size_t i = 0; i < all->count; i++) {
        const finding *one = &all->list[i];
        printf("%s{\"check\":\"%s\",\"verdict\":\"%s\"", i > 0 ? "," : "", one->check,
               verdict_names[one->verdict]);
        json_field("evidence", one->evidence);
        json_field("fix", one->fix);
        fputs("}", stdout);
    }
    fputs("]", stdout);
    if (self->payloads != NULL) {
        fputs(",\"payloads\":", stdout);
        payloads_print_json(self->payloads);
    }
    fputs("}\n", stdout);
}

/* ---- For Prometheus ---- */

/* A label's value: \, " and newlines are escaped, other control characters left out. */
static void label(FILE *to, const char *name, const char *value)
{
    fprintf(to, "%s=\"", name);
    for (; *value != '\0'; value++) {
        if (*value == '\\' || *value == '"')
            fputc('\\', to);
        if ((unsigned char)*value >= 0x20 && *value != 0x7F)
            fputc(*value, to);
    }
    fputc('"', to);
}

static void begin_metric(FILE *to, const char *name, const char *help)
{
    fprintf(to, "# HELP %s %s\n# TYPE %s gauge\n", name, help, name);
}

static void metric(FILE *to, const doctor *self, const char *name, double value)
{
    fprintf(to, "%s{", name);
    label(to, "server", self->server);
    fprintf(to, "} %.15g\n", value);
}

static void print_verdicts(FILE *to, const doctor *self)
{
    begin_metric(to, "taskseal_doctor_verdict", "0 ok, 1 info, 2 unknown, 3 warn, 4 fail.");
    for (size_t i = 0; i < self->found.count; i++) {
        const finding *one = &self->found.list[i];
        fputs("taskseal_doctor_verdict{", to);
        label(to, "server", self->server);
        fputc(',', to);
        label(to, "check", one->check);
        fprintf(to, "} %d\n", (int)one->verdict);
    }
}

static void payload_metric(FILE *to, const doctor *self, const char *state, uint64_t value)
{
    fputs("taskseal_doctor_payloads{", to);
    label(to, "server", self->server);
    fputc(',', to);
    label(to, "state", state);
    fprintf(to, "} %" PRIu64 "\n", value);
}

static void print_payloads(FILE *to, const doctor *self)
{
    const payloads *all = self->payloads;

    begin_metric(to, "taskseal_doctor_payloads", "Payloads that were looked at.");
    payload_metric(to, self, "sealed", all->sealed);
    payload_metric(to, self, "plaintext", all->plain);
    payload_metric(to, self, "unreadable", all->unreadable + all->large);
}

void doctor_print_metrics(FILE *to, const doctor *self, double seconds)
{
    print_verdicts(to, self);
    begin_metric(to, "taskseal_doctor_connected", "1 if the verified connection was made.");
    metric(to, self, "taskseal_doctor_connected", self->redis != NULL ? 1 : 0);
    if (self->has_days) {
        begin_metric(to, "taskseal_doctor_certificate_expiry_days",
                     "To the expiry of the server's certificate.");
        metric(to, self, "taskseal_doctor_certificate_expiry_days", self->leaf_days);
        begin_metric(to, "taskseal_doctor_chain_expiry_days",
                     "To the first expiry in its chain, the CA in cacert included.");
        metric(to, self, "taskseal_doctor_chain_expiry_days", self->chain_days);
    }
    if (self->payloads != NULL)
        print_payloads(to, self);
    begin_metric(to, "taskseal_doctor_last_run_timestamp_seconds", "When the doctor last looked.");
    metric(to, self, "taskseal_doctor_last_run_timestamp_seconds", (double)time(NULL));
    begin_metric(to, "taskseal_doctor_run_seconds", "How long it took.");
    metric(to, self, "taskseal_doctor_run_seconds", seconds);
}
