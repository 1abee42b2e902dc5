import { render } from 'preact';
import { App } from './app.tsx';
import './look/tokens.css';
import './look/page.css';
import './flow-strip.css';
import './building/building.css';
import './azure/azure.css';

const root = document.getElementById('page');
if (root !== null) render(<App />, root);
