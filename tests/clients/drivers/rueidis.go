// SPDX-License-Identifier: MIT

package main

import (
	"context"
	"net"

	"github.com/redis/rueidis"
)

func main() {
	var client rueidis.Client
	drive(func() (err error) {
		if client == nil {
			client, err = rueidis.NewClient(rueidis.ClientOption{
				InitAddress: []string{setting("HOST") + ":" + setting("PORT")},
				Username:    setting("USER"), Password: setting("PASSWORD"),
				AlwaysRESP2: true, DisableCache: true, ForceSingleClient: true, // the servers know neither RESP3 nor CLUSTER
				TLSConfig: config(), Dialer: net.Dialer{Timeout: limit}, ConnWriteTimeout: limit,
			})
			if err != nil {
				client = nil
				return err
			}
		}
		ctx, cancel := context.WithTimeout(context.Background(), limit)
		defer cancel()
		return client.Do(ctx, client.B().Ping().Build()).Error()
	})
}
