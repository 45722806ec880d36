// SPDX-License-Identifier: MIT

//go:build race

package asynqseal

// Opening in place is also a data race with what Asynq does with the payload meanwhile, which the detector finds.
func init() { raceDetector = true }
