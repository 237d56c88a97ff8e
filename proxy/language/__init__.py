"""The mapping language: strict YAML and compiled JMESPath; pure, for both packages."""
