// SPDX-License-Identifier: MIT

package asynqseal

import "slices"

func median(all []float64) float64 {
	sorted := slices.Sorted(slices.Values(all))
	return sorted[len(sorted)/2]
}
