"""The Lambdas: one folder and one purpose each; what they know is in ghkit."""
