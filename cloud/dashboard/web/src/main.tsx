import './known-language.ts';
import { render } from 'preact';
import { App } from './app.tsx';
import './tokens.css';
import './page.css';
import './charts.css';

const root = document.getElementById('page');
if (root !== null) render(<App />, root);
