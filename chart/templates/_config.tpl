{{/* The configuration file: what the values say in `config`, with what follows from the others. */}}
{{- define "rootcellar.config" -}}
{{- $schedule := dict }}
{{- range $name, $job := .Values.jobs }}
{{- $_ := set $schedule $name (ternary $job.schedule "none" $job.enabled) }}
{{- end }}
{{- $agent := dict "schedule" $schedule "timeZone" .Values.timeZone }}
{{- $given := dict }}
{{- if .Values.deployment.enabled }}
{{- $_ := set $given "listen" (printf "0.0.0.0:%d" (int .Values.deployment.port)) }}
{{- $_ := set $given "tls" (dict "certificateFile" "/run/secrets/rootcellar-tls/tls.crt" "keyFile" "/run/secrets/rootcellar-tls/tls.key") }}
{{- $tokens := dict }}
{{- range $role, $key := .Values.deployment.tokenKeys }}
{{- if $key }}
{{- $_ := set $tokens (printf "%sFile" $role) (printf "/run/secrets/rootcellar/%s" $key) }}
{{- end }}
{{- end }}
{{- if $tokens }}
{{- $_ := set $given "tokens" $tokens }}
{{- end }}
{{- end }}
{{- $pod := first .Values.target.pods }}
{{- $kubernetes := dict "namespace" (include "rootcellar.targetNamespace" .) "pod" $pod }}
{{- with .Values.target.container }}
{{- $_ := set $kubernetes "container" . }}
{{- end }}
{{- $server := dict }}
{{- with .Values.target.url }}
{{- $_ := set $server "url" (replace "POD" $pod .) }}
{{- end }}
{{- $defaults := dict "staging" (dict "folder" "/var/lib/rootcellar/staging") "cacheFolder" "/var/cache/rootcellar" "agent" $given }}
{{- $config := mergeOverwrite (merge (deepCopy .Values.config) $defaults) (dict "agent" $agent "kubernetes" $kubernetes "server" $server) }}
{{- toYaml $config }}
{{- end }}
