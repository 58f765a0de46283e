{{/*
What a pod's end means, by the exit codes of docs/reference/exit-codes.md: where another try cannot change it (2 usage, 3 done in part,
10 no archive, 11 busy, 12 wrong password, 20 verification failed), none is made. A pod that its node lost or threw out does not count.
*/}}
{{- define "rootcellar.podFailurePolicy" -}}
podFailurePolicy:
  rules:
    - action: Ignore
      onPodConditions:
        - type: DisruptionTarget
          status: 'True'
    - action: FailJob
      onExitCodes:
        operator: In
        values: [2, 3, 10, 11, 12, 20]
{{- end }}
