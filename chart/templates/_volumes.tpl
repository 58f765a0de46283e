{{- define "rootcellar.volumeMounts" -}}
{{- $values := .root.Values -}}
- name: tmp
  mountPath: /tmp
{{- if eq $values.mode "exec" }}
- name: config
  mountPath: /etc/rootcellar
  readOnly: true
- name: staging
  mountPath: /var/lib/rootcellar
- name: cache
  mountPath: /var/cache/rootcellar
{{- if $values.aws.webIdentity.roleArn }}
- name: aws-token
  mountPath: /run/secrets/rootcellar-aws
  readOnly: true
{{- end }}
{{- end }}
- name: secrets
  mountPath: /run/secrets/rootcellar
  readOnly: true
{{- if .isServing }}
- name: tls
  mountPath: /run/secrets/rootcellar-tls
  readOnly: true
{{- end }}
{{- with $values.extraVolumeMounts }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "rootcellar.volumes" -}}
{{- $values := .root.Values -}}
{{- $own := default dict .own -}}
- name: tmp
  emptyDir:
    sizeLimit: {{ $values.tmp.size }}
{{- if eq $values.mode "exec" }}
- name: config
  configMap:
    name: {{ include "rootcellar.fullname" .root }}
{{ include "rootcellar.volume" (dict "name" "staging" "volume" $values.staging) }}
{{ include "rootcellar.volume" (dict "name" "cache" "volume" $values.cache) }}
{{- if $values.aws.webIdentity.roleArn }}
- name: aws-token
  projected:
    defaultMode: 288
    sources:
      - serviceAccountToken:
          audience: {{ $values.aws.webIdentity.audience }}
          expirationSeconds: {{ $values.aws.webIdentity.expirationSeconds }}
          path: token
{{- end }}
{{- end }}
- name: secrets
  projected:
    # 0440: for the group of the pod, root's.
    defaultMode: 288
    sources:
      {{- range default $values.secrets $own.secrets }}
      - secret:
          {{- toYaml . | nindent 10 }}
      {{- end }}
{{- if .isServing }}
- name: tls
  secret:
    secretName: {{ $values.deployment.tlsSecret }}
    defaultMode: 288
{{- end }}
{{- with $values.extraVolumes }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "rootcellar.volume" -}}
- name: {{ .name }}
{{- if eq .volume.kind "existingClaim" }}
  persistentVolumeClaim:
    claimName: {{ .volume.claimName }}
{{- else if eq .volume.kind "ephemeral" }}
  ephemeral:
    volumeClaimTemplate:
      spec:
        accessModes: [ReadWriteOnce]
        {{- with .volume.storageClassName }}
        storageClassName: {{ . }}
        {{- end }}
        resources:
          requests:
            storage: {{ .volume.size }}
{{- else }}
  emptyDir:
    sizeLimit: {{ .volume.size }}
{{- end }}
{{- end }}
