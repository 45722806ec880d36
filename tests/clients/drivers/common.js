// SPDX-License-Identifier: MIT
// What the drivers in JavaScript do alike; driver.h says what that is.
'use strict';
const fs = require('fs');
const readline = require('readline');

const env = (name) => process.env['CLIENT_' + name] || '';
exports.host = env('HOST');
exports.port = Number(env('PORT'));
exports.user = env('USER');
exports.password = env('PASSWORD');
exports.tls = { ca: fs.readFileSync(env('CA')) };
if (env('CRL')) exports.tls.crl = fs.readFileSync(env('CRL'));

const say = (outcome, error = '') => fs.writeSync(1, JSON.stringify({ outcome, error }) + '\n');
const text = (error) => `${error.name}: ${error.code ? error.code + ': ' : ''}${error.message}`;
const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

const exchanged = () => new Promise((done) => readline.createInterface({ input: process.stdin }).once('line', done));

// `ping` rejects if it can't; `errors` are those that the client reported on the way. The first is the server's doing:
// what a client tries after that may fail for a reason of its own.
exports.drive = async (ping, errors) => {
  const cause = () => (env('AGAIN') ? errors.at(-1) : errors[0]);
  let attempts = 1;
  for (let again = false; attempts > 0; attempts--) {
    try {
      await ping();
      if (again || !env('AGAIN')) {
        say('accepted');
        process.exit(0);
      }
      again = true;
      say('first');
      await exchanged();
      attempts = 4;
    } catch (error) {
      if (attempts === 1) say('refused', text(cause() || error));
      else await sleep(500);
    }
  }
  process.exit(0);
};
