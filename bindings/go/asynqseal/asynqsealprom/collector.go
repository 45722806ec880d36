// SPDX-License-Identifier: MIT

// Package asynqsealprom is a prometheus.Collector of what workers open and refuse. It is a module of its own, so that
// asynqseal does not need Prometheus' client library.
//
//	metrics := asynqseal.NewMetrics()
//	sealer, err := asynqseal.New(asynqseal.Config{Keyring: ring, Observe: metrics.Observe})
//	prometheus.MustRegister(asynqsealprom.New(metrics))
package asynqsealprom

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/taskseal/taskseal/bindings/go/asynqseal"
)

type collector struct{ metrics *asynqseal.Metrics }

// New makes a Collector of metrics. It has one name for each of asynqseal's, so register one.
func New(metrics *asynqseal.Metrics) prometheus.Collector { return collector{metrics} }

// Describe tells of every metric, also of those that have no sample yet.
func (c collector) Describe(to chan<- *prometheus.Desc) {
	for _, family := range c.metrics.Families() {
		to <- descOf(&family)
	}
}

// Collect gives the samples of now.
func (c collector) Collect(to chan<- prometheus.Metric) {
	for _, family := range c.metrics.Families() {
		kind := prometheus.GaugeValue
		if family.Counter {
			kind = prometheus.CounterValue
		}
		for label, value := range family.Samples {
			to <- prometheus.MustNewConstMetric(descOf(&family), kind, value, label)
		}
	}
}

func descOf(family *asynqseal.MetricFamily) *prometheus.Desc {
	return prometheus.NewDesc(family.Name, family.Help, []string{family.Label}, nil)
}
