import 'uplot/dist/uPlot.min.css';
import './shell/tokens.css';
import './shell/base.css';
import './shell/shell.css';
import './parts/parts.css';
import './pages/pages.css';
import { createRoot } from 'react-dom/client';
import { App } from './shell/app.tsx';

const root = document.getElementById('root');
if (root === null) throw new Error('index.html has no #root');
createRoot(root).render(<App />);
