# The zip of the handler folder and its release.json: `edgerollout build` makes it, so it has the same bytes
# on every machine. It is what the function is made from, once: from then on every release brings its own.

terraform {
  required_version = ">= 1.5"
}

resource "terraform_data" "bundle" {
  input = {
    config_dir  = var.config_dir
    environment = var.environment
    file        = var.file
  }

  provisioner "local-exec" {
    command = "edgerollout build -C \"${self.input.config_dir}\" -e \"${self.input.environment}\" --out \"${self.input.file}\""
    quiet   = true
  }
}
