/** Below it, for each group of agents: what its agents did and agree on. Nothing that a snapshot needs lies here, so nothing of it is locked. */
export const agentsPrefix = '.rootcellar/agents/';
