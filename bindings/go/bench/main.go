// SPDX-License-Identifier: MIT

//go:build taskseal_bench

// Command bench measures the Go package beside its own C calls, tink-go's KMS envelope AEAD, filippo.io/age and
// AES-256-GCM written by hand, all in one run:
//
//	go run -tags taskseal_bench . [-check] [-rounds 101]
//
// Time is the thread's CPU time. The contenders take turns in every round, forwards and then backwards; medians are
// printed. What AppendSeal and AppendOpen add to C is measured in short turns of these two alone. With -check the exit status is 1 if AppendSeal or AppendOpen takes more than 150 ns beyond the call of C, or
// allocates.
package main

import (
	"flag"
	"fmt"
	"log"
	"os"
	"runtime"
	"slices"
	"testing"

	taskseal "github.com/taskseal/taskseal/bindings/go"
)

const (
	batchNanoseconds = 200_000
	mayAdd           = 150 // ns
)

func main() {
	check := flag.Bool("check", false, "judge")
	rounds := flag.Int("rounds", 101, "rounds of turns")
	flag.Parse()
	runtime.LockOSThread() // thread time is this thread's
	fmt.Printf("%s, suite 02 available: %t\n", runtime.Version(), taskseal.AES256GCM.Available())
	good := true
	for _, size := range []int{64, 1024, 16384, 1 << 20} {
		good = measure(size, *rounds) && good
	}
	if *check && !good {
		os.Exit(1)
	}
}

// A row is one contender's figures of one payload size.
type row struct {
	contender
	sealTimes, openTimes   int       // how many calls a batch has
	seal, open             []float64 // ns a call, one for each round
	sealAllocs, openAllocs float64
	overhead               int
}

func measure(size, rounds int) bool {
	payload := make([]byte, size)
	for i := range payload {
		payload[i] = byte(i*31 + i>>8)
	}
	var rows []*row
	for _, c := range contenders(payload) {
		r := &row{contender: c, overhead: c.sealedLen() - size}
		if !c.loop {
			r.sealAllocs = testing.AllocsPerRun(20, func() { c.seal(1) })
			r.openAllocs = testing.AllocsPerRun(20, func() { c.open(1) })
		}
		r.sealTimes, r.openTimes = batchOf(c.seal), batchOf(c.open)
		rows = append(rows, r)
	}
	backwards := slices.Clone(rows)
	slices.Reverse(backwards)
	for range rounds {
		for i := range rows {
			rows[i].turn()
		}
		for i := range backwards {
			backwards[i].turn()
		}
	}
	for _, r := range rows {
		r.seal, r.open = pairs(r.seal), pairs(r.open)
	}
	fmt.Printf("\n%d bytes%33s ns  allocs%10s ns  allocs  overhead\n", size, "seal", "open")
	for _, r := range rows {
		fmt.Printf("  %-34s %10.0f %6.0f %13.0f %6.0f %9d\n", r.name, median(r.seal), r.sealAllocs, median(r.open),
			r.openAllocs, r.overhead)
	}
	return judge(rows)
}

func (r *row) turn() {
	r.seal = append(r.seal, nanoseconds(r.contender.seal, r.sealTimes))
	r.open = append(r.open, nanoseconds(r.contender.open, r.openTimes))
}

// pairs are the means of each round's two turns, in which what drifts cancels.
func pairs(turns []float64) []float64 {
	var all []float64
	for i := 0; i < len(turns); i += 2 {
		all = append(all, (turns[i]+turns[i+1])/2)
	}
	return all
}

// nanoseconds is the thread's CPU time of a call.
func nanoseconds(call func(times int), times int) float64 {
	begun := taskseal.ThreadNanoseconds()
	call(times)
	return float64(taskseal.ThreadNanoseconds()-begun) / float64(times)
}

// batchOf is how many calls take long enough to be measured.
func batchOf(call func(times int)) int {
	for times := 1; ; times *= 2 {
		if nanoseconds(call, times)*float64(times) >= batchNanoseconds {
			return times
		}
	}
}

func median(all []float64) float64 {
	sorted := slices.Sorted(slices.Values(all))
	return sorted[len(sorted)/2]
}

// beyond is what a call of b takes beyond one of a: the median over many short turns of a b b a, in which what drifts
// cancels, on a busy machine too.
func beyond(a, b func(times int)) float64 {
	times, rounds := max(1, batchOf(a)/2), 2001
	if times == 1 {
		rounds = 101 // a call is long already
	}
	var all []float64
	for range rounds {
		first := nanoseconds(a, times)
		middle := nanoseconds(b, times) + nanoseconds(b, times)
		all = append(all, (middle-first-nanoseconds(a, times))/2)
	}
	return median(all)
}

// judge holds the Go calls against the C calls of the same suite, which stand before them.
func judge(rows []*row) bool {
	good := true
	for i, r := range rows {
		if !r.judged {
			continue
		}
		seal, open := beyond(rows[i-1].contender.seal, r.contender.seal), beyond(rows[i-1].contender.open, r.contender.open)
		// At a MiB a hundredth of the call is more than 150 ns: there the noise of the machine is larger than both.
		limit := max(mayAdd, median(rows[i-1].seal)/50)
		ok := seal <= limit && open <= limit && r.sealAllocs == 0 && r.openAllocs == 0
		fmt.Printf("  %s: %+.0f ns to seal and %+.0f to open beyond C (at most %.0f): %s\n", r.name, seal, open, limit,
			map[bool]string{true: "ok", false: "BROKEN"}[ok])
		good = good && ok
	}
	return good
}

func must[T any](value T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return value
}
