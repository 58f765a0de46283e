/** Options of every command that are no settings. */
export const generalOptions = [
  {
    flags: '--config <FILE>',
    summary: 'configuration file (YAML or JSON); otherwise ROOTCELLAR_CONFIG, ./rootcellar.yaml, /etc/rootcellar/rootcellar.yaml',
  },
  { flags: '--agent <URL>', summary: 'have the agent at this address run the command; otherwise ROOTCELLAR_AGENT, or it is run here' },
  { flags: '--json', summary: 'print the result as one JSON document, and progress and errors as JSON lines on the standard error' },
  { flags: '--quiet', summary: 'show no progress' },
  { flags: '--debug', summary: 'show where an unexpected error came from' },
] as const;
