/**
 * `node:http` and `node:https`, when they are first needed. As imports of an ES module they would also bring what they only hand
 * on, WebSocket and fetch: 14 MB in every agent, for nothing.
 */
export const nodeHttp = (): typeof import('node:http') => process.getBuiltinModule('node:http');
export const nodeHttps = (): typeof import('node:https') => process.getBuiltinModule('node:https');
