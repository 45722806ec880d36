// SPDX-License-Identifier: MIT
// ioredis and its fork iovalkey: the argument. No ready check: the servers know no INFO.
'use strict';
const { host, port, user, password, tls, drive } = require('./common.js');
const Redis = require(process.argv[2]);

const errors = [];
const client = new (Redis.default || Redis)({
  host, port, username: user, password, tls, protocol: 2,
  connectTimeout: 3000, commandTimeout: 3000, maxRetriesPerRequest: 1, enableReadyCheck: false,
});
client.on('error', (error) => errors.push(error));
drive(() => client.ping(), errors);
