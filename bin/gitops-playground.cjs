#!/usr/bin/env node
const [major, minor] = process.versions.node.split('.').map(Number);
if (major > 20 || (major === 20 && minor >= 19)) require('../dist/start-cli.cjs');
else {
  console.error(`error: Node ${process.versions.node} is too old.\nhint: install Node 20.19 or newer.`);
  process.exitCode = 1;
}
