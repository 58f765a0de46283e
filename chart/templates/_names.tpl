{{- define "rootcellar.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 40 | trimSuffix "-" }}
{{- end }}

{{/* Short enough for the longest suffix of a CronJob, whose own names may have 52 characters. */}}
{{- define "rootcellar.fullname" -}}
{{- $name := include "rootcellar.name" . }}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 40 | trimSuffix "-" }}
{{- else if contains $name .Release.Name }}
{{- .Release.Name | trunc 40 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name $name | trunc 40 | trimSuffix "-" }}
{{- end }}
{{- end }}

{{- define "rootcellar.serviceAccountName" -}}
{{- default (ternary (include "rootcellar.fullname" .) "default" .Values.serviceAccount.create) .Values.serviceAccount.name }}
{{- end }}

{{- define "rootcellar.targetNamespace" -}}
{{- default .Release.Namespace .Values.target.namespace }}
{{- end }}

{{- define "rootcellar.selectorLabels" -}}
app.kubernetes.io/name: {{ include "rootcellar.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "rootcellar.labels" -}}
{{ include "rootcellar.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end }}

{{/* "true" where there are CronJobs: always, unless agents of a Deployment schedule the jobs by themselves. */}}
{{- define "rootcellar.hasCronJobs" -}}
{{- eq (toString .Values.cronJobs) "auto" | ternary (not .Values.deployment.enabled) (eq (toString .Values.cronJobs) "true") }}
{{- end }}

{{/* What values cannot say of each other in their schema. */}}
{{- define "rootcellar.check" -}}
{{- if and (eq .Values.mode "exec") (empty .Values.target.pods) }}
{{- fail "mode exec needs target.pods: the names of the server's pods, such as [pingdirectory-0]" }}
{{- end }}
{{- if and (eq .Values.mode "exec") (empty .Values.config.archive) }}
{{- fail "mode exec needs config.archive: where the backups are kept, such as s3://bucket/path" }}
{{- end }}
{{- if eq .Values.mode "exec" }}
{{- if and (empty .Values.target.url) (empty (.Values.config.server).url) }}
{{- fail "mode exec needs target.url: the address of the server in a pod, such as ldaps://POD.pingdirectory-cluster:1636" }}
{{- end }}
{{- if and .Values.deployment.enabled (gt (len .Values.target.pods) 1) (not (contains "POD" .Values.target.url)) }}
{{- fail "agents for several target.pods need target.url with POD in it, such as ldaps://POD.pingdirectory-cluster:1636" }}
{{- end }}
{{- end }}
{{- if and (eq .Values.mode "agent") (empty .Values.agent.url) }}
{{- fail "mode agent needs agent.url: the address of the agent's API, such as https://directory-agent:7373" }}
{{- end }}
{{- if and (eq .Values.mode "agent") .Values.deployment.enabled }}
{{- fail "deployment.enabled is for mode exec: with mode agent the agent runs beside the server already" }}
{{- end }}
{{- if and .Values.deployment.enabled (empty .Values.deployment.tlsSecret) }}
{{- fail "deployment.enabled needs deployment.tlsSecret: beyond loopback the API is served over TLS alone" }}
{{- end }}
{{- if and .Values.restore.enabled (empty .Values.restore.snapshot) }}
{{- fail "restore.enabled needs restore.snapshot: an ID of `rootcellar list`, or latest" }}
{{- end }}
{{- range $kind := list "staging" "cache" }}
{{- $volume := index $.Values $kind }}
{{- if and (eq $volume.kind "existingClaim") (empty $volume.claimName) }}
{{- fail (printf "%s.kind existingClaim needs %s.claimName" $kind $kind) }}
{{- end }}
{{- end }}
{{- end }}
