import { test } from 'node:test';
import assert from 'node:assert/strict';
import { createApp } from '../src/app.js';
import { readSettings } from '../src/settings.js';
import { colour, hexOf } from '../src/theme.js';

const settings = readSettings({
  STAGE: 'staging',
  GREETING: 'Fish & <chips>',
  REVISION: 'ab12cd34ef567890ab12cd34ef567890ab12cd34',
  IMAGE: 'registry.example/shop@sha256:0123456789abcdef',
  POD_NAME: 'shop-7c9d8b6f5-x2x7k',
});
const { answer } = createApp(settings);

test('says exactly what runs here', () => {
  const { status, headers, body } = answer('GET', '/version');
  assert.equal(status, 200);
  assert.equal(headers['cache-control'], 'no-store');
  assert.deepEqual(JSON.parse(body), {
    app: '__APPLICATION__',
    stage: 'staging',
    revision: 'ab12cd34ef567890ab12cd34ef567890ab12cd34',
    image: 'registry.example/shop@sha256:0123456789abcdef',
    pod: 'shop-7c9d8b6f5-x2x7k',
  });
});

test('shows the stage, the short revision and the colour', () => {
  const { body } = answer('GET', '/');
  assert.match(body, />staging</);
  assert.match(body, />ab12cd3</);
  assert.ok(body.includes(`--accent: ${hexOf(colour)}`));
});

test('shows a greeting as text, whatever it contains', () => {
  assert.ok(answer('GET', '/').body.includes('Fish &amp; &lt;chips&gt;'));
});

test('has a colour that exists', () => {
  assert.match(hexOf(colour), /^#[0-9a-f]{6}$/i);
  assert.throws(() => hexOf('tael'), /unknown colour "tael": use teal, blue/);
});

test('serves what the page loads, and nothing else', () => {
  assert.equal(answer('GET', '/style.css?ab12cd3').status, 200);
  assert.equal(answer('GET', '/live.js').status, 200);
  assert.equal(answer('GET', '/../package.json').status, 404);
  assert.equal(answer('POST', '/version').status, 405);
});

test('is ready until it is told to go', () => {
  const app = createApp(settings);
  assert.equal(app.answer('GET', '/healthz').status, 200);
  app.drain();
  assert.equal(app.answer('GET', '/healthz').status, 503);
});
