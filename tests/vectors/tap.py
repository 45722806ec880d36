# SPDX-License-Identifier: MIT
"""Results in the Test Anything Protocol."""


class Tap:
    def __init__(self):
        self.count = self.failed = 0

    def result(self, passed, name, reasons=()):
        """The reasons are told only where it has not passed."""
        self.count += 1
        self.failed += not passed
        print(f"{'ok' if passed else 'not ok'} {self.count} - {name}")
        for reason in () if passed else reasons:
            print(f"# {reason}"[:2000])

    def end(self):
        print(f"1..{self.count}\n# {self.count} checks, {self.failed} failed", flush=True)
        return 1 if self.failed or not self.count else 0
