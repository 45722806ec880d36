// SPDX-License-Identifier: MIT
// node-redis, of the package `redis`.
'use strict';
const { host, port, user, password, tls, drive } = require('./common.js');
const { createClient } = require('redis');

let last = null;
const client = createClient({
  username: user, password, RESP: 2,
  commandOptions: { timeout: 3000 },
  socket: { host, port, tls: true, ...tls, connectTimeout: 3000, socketTimeout: 3000,
            reconnectStrategy: (retries, cause) => (retries > 0 ? cause : 500) },
});
client.on('error', (error) => { last = error; });
const connected = client.connect();
connected.catch(() => {});
drive(async () => { await connected; await client.ping(); }, () => last);
