export { type Hub, startHub } from './main.ts';
