#include "support/session.h"
int main(void) { return run_suite(suite_create("x")); }
