output "text" {
  description = "The user data as text."
  value       = local.text[var.ami_family]
}

output "base64" {
  description = "The user data as launch templates and instances take it."
  value       = base64encode(local.text[var.ami_family])
}
