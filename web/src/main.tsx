// Before the pages, whose own styles come after these.
import './style/tokens.css';
import './style/base.css';
import './parts/parts.css';
import { render } from 'preact';
import { App } from './app.tsx';

const root = document.getElementById('app');
if (root === null) throw new Error('index.html has no place for the console');
render(<App />, root);
