import { createServer } from 'node:http';
import { createApp } from './app.js';
import { readSettings } from './settings.js';

const settings = readSettings(process.env);
const app = createApp(settings);
const server = createServer(app.handle);

server.listen(settings.port, () => {
  console.log(`${settings.app} ${settings.revision} listens on port ${server.address().port}`);
});

// Kubernetes sends SIGTERM before it removes a pod: finish the requests that are under way, then go.
for (const signal of ['SIGTERM', 'SIGINT']) {
  process.once(signal, () => {
    app.drain();
    server.close(() => console.log('closed after the last request'));
    server.closeIdleConnections();
  });
}
