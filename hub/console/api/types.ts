/** The API's shapes. Types only: nothing of the hub's code reaches the browser. */
export type * from '../../src/api/types.ts';
