export { type AgentConfig, agentConfig, environmentNames } from './config.ts';
export { AgentError, type AgentErrorCode } from './errors.ts';
export type { Identity } from './identity.ts';
export { type AgentOptions, type AgentStatus, type RunningAgent, startAgent } from './main.ts';
export { AGENT_VERSION } from './version.ts';
