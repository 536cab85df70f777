import './styles/main.css';
import { render } from 'preact';
import { takeKeyFromAddress } from './api.ts';
import { App } from './app.tsx';
import { startSettings } from './settings.ts';

takeKeyFromAddress();
// `open` may address a tab that shows the page already.
addEventListener('hashchange', takeKeyFromAddress);
startSettings();
const place = document.getElementById('app');
if (place !== null) {
  place.replaceChildren();
  render(<App />, place);
}
