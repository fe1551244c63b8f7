/** Lives where the hub finds it too. */
export { type Josa, josa } from '@airis/protocol';
