// SPDX-License-Identifier: MIT
// node-redis, of the package `redis`.
'use strict';
const { host, port, user, password, tls, drive } = require('./common.js');
const { createClient } = require('redis');

const errors = [];
const client = createClient({
  username: user, password, RESP: 2,
  commandOptions: { timeout: 1000 },
  socket: { host, port, tls: true, ...tls, connectTimeout: 1000, socketTimeout: 1000,
            reconnectStrategy: (retries, cause) => (retries > 0 ? cause : 500) },
});
client.on('error', (error) => errors.push(error));
const connected = client.connect();
connected.catch(() => {});
drive(async () => { await connected; await client.ping(); }, errors);
