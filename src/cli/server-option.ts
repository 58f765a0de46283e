/** The option that narrows a command to the snapshots of one server. */
export const serverOption = {
  type: 'text',
  placeholder: 'NAME',
  summary: 'only snapshots of the server that is archived under this name',
} as const;
